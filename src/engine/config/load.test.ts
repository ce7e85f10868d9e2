import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "./load.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
  file = join(folder, "daemon.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

const load = (settings: unknown, flags: object = {}) => {
  writeFileSync(file, typeof settings === "string" ? settings : JSON.stringify(settings));
  return loadConfig({ "config-file": file, ...flags });
};

describe("loadConfig()", () => {
  test("merges the file and the flags over the defaults", () => {
    const config = load(
      { "data-root": "/a", "log-opts": { "max-size": "1m" } },
      { debug: true, host: ["unix:///x"] },
    );
    expect(config).toMatchObject({
      dataRoot: "/a",
      logOpts: { "max-size": "1m" },
      logLevel: "debug",
      hosts: ["unix:///x"],
      iptables: true,
    });
  });
  test("takes mirrors for Docker Hub and by registry", () => {
    expect(load({ "registry-mirrors": ["http://127.0.0.1:5000"] }).registryMirrors).toHaveLength(1);
    expect(load({ "registry-mirrors": { "ghcr.io": ["http://m"] } }).registryMirrorsByHost).toEqual({
      "ghcr.io": ["http://m"],
    });
    expect(() => load({ "registry-mirrors": ["ftp://x"] })).toThrow("invalid mirror");
  });
  test("takes runtimes, pools and ulimits in both forms", () => {
    const config = load(
      { runtimes: { crun: { path: "/usr/bin/crun" } } },
      { "default-ulimit": ["nofile=1:2"], "default-address-pool": ["base=10.0.0.0/8,size=24"] },
    );
    expect(config.runtimes).toEqual({ crun: { path: "/usr/bin/crun" } });
    expect(config.defaultUlimits).toEqual({ nofile: { Name: "nofile", Soft: 1, Hard: 2 } });
    expect(config.defaultAddressPools).toEqual([{ base: "10.0.0.0/8", size: 24 }]);
  });
  test("takes what Docker Desktop writes for builds", () => {
    const config = load({
      builder: { gc: { enabled: true, defaultKeepStorage: "1GB" } },
      features: { buildkit: true },
    });
    expect(config.builderGC.at(-1)).toEqual({ unusedFor: 0, keep: 1024 ** 3 });
    expect(config.features).toEqual({ buildkit: true });
    expect(() => load({ features: { buildkit: 1 } })).toThrow("invalid value for features.buildkit");
  });
  test("refuses unknown keys, wrong types, broken JSON and a setting given twice", () => {
    expect(() => load({ nonsense: 1 })).toThrow("don't match any configuration option: nonsense");
    expect(() => load({ debug: "yes" })).toThrow("invalid value for debug");
    expect(() => load("{")).toThrow("unable to configure the Docker daemon with file");
    expect(() => load({ debug: false }, { debug: true })).toThrow(
      "debug: (from flag: true, from file: false)",
    );
  });
  test.each([
    [{ labels: ["x"] }, "bad attribute format: x"],
    [{ labels: ["a=b", "a=c"] }, "conflict labels for a=c and a=b"],
    [{ dns: ["x"] }, "x is not an ip address"],
    [{ "dns-search": ["-x"] }, "-x is not a valid domain"],
    [{ mtu: -1 }, "invalid default MTU: -1"],
    [{ "max-concurrent-downloads": -1 }, "invalid max concurrent downloads: -1"],
    [{ "default-runtime": "x" }, "specified default runtime 'x' does not exist"],
    [{ runtimes: { runc: { path: "/x" } } }, "runtime name 'runc' is reserved"],
    [{ "default-ipc-mode": "host" }, 'IPC mode "host" is not supported as default value'],
    [{ "log-level": "x" }, "invalid logging level: x"],
    [{ "registry-mirrors": ["http://m/path"] }, "path, query, or fragment at end of the URI"],
    [{ "registry-mirrors": ["http://u:p@m"] }, 'username/password not allowed in URI "http://u:xxxxx@m"'],
    [{ bip: "10.0.0.1/24", bridge: "br" }, "You specified -b & --bip, mutually exclusive options"],
    [{ "host-gateway-ip": "x" }, "invalid IP address: x"],
  ])("refuses %j in stock's words", (settings, words) => {
    expect(() => load(settings)).toThrow(words);
  });
  test("takes an empty file, a byte order mark, and settings that mean nothing here", () => {
    for (const text of ["", " ", "null", "\ufeff{}"]) expect(load(text).mtu).toBe(1500);
    const config = load(
      { "raw-logs": true, "selinux-enabled": false, "host-gateway-ip": "10.1.1.1" },
      { "default-network-opt": ["bridge=com.docker.network.driver.mtu=1400"] },
    );
    expect(config.hostGatewayIPs).toEqual(["10.1.1.1"]);
    expect(config.defaultNetworkOpts).toEqual({ bridge: { "com.docker.network.driver.mtu": "1400" } });
  });
  test("refuses a named file that is not there", () => {
    expect(() => loadConfig({ "config-file": join(folder, "none.json") })).toThrow("ENOENT");
  });
});
