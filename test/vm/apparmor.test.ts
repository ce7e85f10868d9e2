/** AppArmor under dockerd, where there is a kernel that has it; stock dockerd 20.10 of the machine beside ours. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../../hack/lib/chain.ts";
import { startStockEngine } from "../../hack/lib/stock-engine.ts";

const folder = mkdtempSync("/tmp/pequod-apparmor-");
chmodSync(folder, 0o711);
const image = join(folder, "busybox.tar");
const FLAGS = ["--bridge=none", "--iptables=false"];
const CLIENT = "/usr/bin/docker";
const PROFILES = "/sys/kernel/security/apparmor/profiles";

const isLoaded = () => /^docker-default /m.test(readFileSync(PROFILES, "utf8"));

/** Takes the profile out of the kernel. */
function unload(): void {
  if (!isLoaded()) return;
  const text = "profile docker-default {}\n";
  expect(Bun.spawnSync(["apparmor_parser", "-R"], { stdin: Buffer.from(text) }).exitCode).toBe(0);
}

beforeAll(() => {
  writeBusyboxImage(image);
  for (const name of ["ours", "stock"]) mkdirSync(join(folder, name));
});
afterAll(unload);

function observe(engine: RunningEngine): Record<string, unknown> {
  const seen: Record<string, unknown> = {};
  const docker = (...args: string[]) => {
    const { code, output } = engine.docker(...args);
    return [code === 0, output.replace(/\b[0-9a-f]{64}\b/g, "ID").trim()];
  };
  const run = (...args: string[]) => docker("run", "--rm", "--net", "none", ...args);
  const current = ["cat", "/proc/self/attr/current"];
  docker("load", "-i", image);
  seen["security options"] = docker("info", "-f", "{{index .SecurityOptions 0}}");
  seen["by default"] = run("busybox", ...current);
  seen["unconfined"] = run("--security-opt", "apparmor=unconfined", "busybox", ...current);
  seen["privileged"] = run("--privileged", "busybox", ...current);
  seen["named"] = run("--security-opt", "apparmor=docker-default", "busybox", ...current);
  seen["not there"] = run("--security-opt", "apparmor=nonesuch", "busybox", "true")[0];
  seen["mount"] = run("--cap-add", "SYS_ADMIN", "busybox", "mount", "-t", "tmpfs", "x", "/tmp")[0];
  seen["mount, unconfined"] = run(
    ...[
      "--cap-add",
      "SYS_ADMIN",
      "--security-opt",
      "apparmor=unconfined",
      "--security-opt",
      "seccomp=unconfined",
    ],
    ...["busybox", "mount", "-t", "tmpfs", "x", "/tmp"],
  )[0];
  docker("run", "-d", "--name", "on", "--net", "none", "busybox", "sleep", "1000");
  seen["exec"] = docker("exec", "on", ...current);
  seen["inspect"] = docker("inspect", "-f", "{{.AppArmorProfile}}", "on");
  unload();
  seen["loaded again at the next start"] = run("busybox", ...current);
  docker("kill", "on");
  seen["killed"] = docker("inspect", "-f", "{{.State.Status}}", "on");
  docker("rm", "-f", "on");
  return seen;
}

test("containers are confined as stock's", async () => {
  unload();
  const began = performance.now();
  const ours = await startChain({
    folder: join(folder, "ours"),
    client: CLIENT,
    daemonPrograms: process.env["PEQUOD_BIN"]!,
    flags: FLAGS,
    // An emulated machine takes long to compile the profile.
    patience: 200_000,
  });
  console.log(`serves after ${Math.round(performance.now() - began)} ms`);
  expect(isLoaded()).toBe(true);
  const seen = observe(ours);
  await ours.stop();
  expect(seen["by default"]).toEqual([true, "docker-default (enforce)"]);
  expect(seen["mount"]).toBe(false);
  unload();
  const stock = await startStockEngine({ folder: join(folder, "stock"), flags: FLAGS });
  const expected = observe(stock);
  await stock.stop();
  expect(seen).toEqual(expected);
});
