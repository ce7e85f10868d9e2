import { describe, expect, test } from "bun:test";
import { defaultConfig, type EngineConfig } from "./config.ts";
import { applyReload, reloadAttributes } from "./reload.ts";

const config = (settings: Partial<EngineConfig>): EngineConfig => ({ ...defaultConfig(), ...settings });

describe("applyReload()", () => {
  test("takes over what the file names, and leaves what it does not name, as stock does", () => {
    const live = config({ labels: ["a=b"], debug: true, shutdownTimeout: 33 });
    const changed = applyReload(live, config({ labels: ["a=c"], inFile: ["labels"] }));
    expect(changed).toEqual(["labels"]);
    expect(live).toMatchObject({ labels: ["a=c"], debug: true, shutdownTimeout: 33 });
  });

  test("sets limits of transfers and features back when the file does not name them", () => {
    const live = config({ maxConcurrentDownloads: 7, features: { buildkit: true } });
    expect(applyReload(live, config({}))).toEqual(["maxConcurrentDownloads", "features"]);
    expect(live).toMatchObject({ maxConcurrentDownloads: 3, features: {} });
  });

  test("passes over what needs a restart", () => {
    const live = config({});
    expect(
      applyReload(live, config({ mtu: 1400, logDriver: "none", inFile: ["mtu", "log-driver"] })),
    ).toEqual([]);
    expect(live).toMatchObject({ mtu: 1500, logDriver: "json-file" });
  });
});

test("reloadAttributes() are those of stock's event, shown as Go shows them", () => {
  const settings = config({ labels: ["a=c"], features: { buildkit: true }, registryMirrors: ["http://m"] });
  expect(reloadAttributes(settings, { runc: "docker-runc", other: "/bin/true" })).toEqual({
    "allow-nondistributable-artifacts": "[]",
    debug: "false",
    "default-cgroupns-mode": "",
    "default-ipc-mode": "private",
    "default-runtime": "runc",
    "default-shm-size": "67108864",
    features: "map[buildkit:true]",
    "insecure-registries": "[]",
    labels: '["a=c"]',
    "live-restore": "false",
    "max-concurrent-downloads": "3",
    "max-concurrent-uploads": "5",
    "max-download-attempts": "5",
    "registry-mirrors": '["http://m"]',
    runtimes: "runc:docker-runc other:/bin/true",
    "shutdown-timeout": "15",
  });
});
