/** AppArmor under dockerd, where there is a kernel that has it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { startChain } from "../../hack/lib/chain.ts";

const folder = mkdtempSync("/tmp/pequod-apparmor-");
const image = join(folder, "busybox.tar");
const CLIENT = "/usr/bin/docker";
const PROFILES = "/sys/kernel/security/apparmor/profiles";

const isLoaded = () => /^docker-default /m.test(readFileSync(PROFILES, "utf8"));

/** Takes the profile out of the kernel. */
function unload(): void {
  if (!isLoaded()) return;
  const text = "profile docker-default {}\n";
  expect(Bun.spawnSync(["apparmor_parser", "-R"], { stdin: Buffer.from(text) }).exitCode).toBe(0);
}

beforeAll(() => writeBusyboxImage(image));
afterAll(unload);

test("containers are confined by the profile that dockerd loads, and not when they ask for it", async () => {
  unload();
  const engine = await startChain({
    folder,
    client: CLIENT,
    daemonPrograms: process.env["PEQUOD_BIN"]!,
    flags: ["--bridge=none", "--iptables=false"],
    // An emulated machine takes long to compile the profile.
    patience: 200_000,
  });
  const docker = (...args: string[]) => {
    const { code, output } = engine.docker(...args);
    return [code, output.trim()];
  };
  const run = (...args: string[]) => docker("run", "--rm", "--net", "none", ...args);
  const current = ["cat", "/proc/self/attr/current"];
  try {
    expect(isLoaded()).toBe(true);
    expect(docker("load", "-i", image)[0]).toBe(0);
    expect(docker("info", "-f", "{{index .SecurityOptions 0}}")).toEqual([0, "name=apparmor"]);
    expect(run("--security-opt", "apparmor=unconfined", "busybox", ...current)).toEqual([0, "unconfined"]);
    expect(run("--cap-add", "SYS_ADMIN", "busybox", "mount", "-t", "tmpfs", "x", "/tmp")[0]).not.toBe(0);
    unload();
    expect(docker("run", "-d", "--name", "on", "--net", "none", "busybox", "sleep", "1000")[0]).toBe(0);
    expect(isLoaded()).toBe(true);
    expect(docker("exec", "on", ...current)).toEqual([0, "docker-default (enforce)"]);
    expect(docker("exec", "on", "cat", "/proc/1/attr/current")).toEqual([0, "docker-default (enforce)"]);
    expect(docker("inspect", "-f", "{{.AppArmorProfile}}", "on")).toEqual([0, "docker-default"]);
    expect(docker("rm", "-f", "on")).toEqual([0, "on"]);
  } finally {
    await engine.stop();
  }
}, 400_000);
