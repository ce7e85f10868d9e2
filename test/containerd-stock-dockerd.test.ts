/** Stock dockerd 20.10 on docker-containerd, its shim and docker-runc. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { startStockEngine } from "../hack/lib/stock-engine.ts";
import { importBusybox, startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { BIN, eventually, STOCK_CLI } from "./lib/engine.ts";

/** Stock dockerd is slow to start and to stop. */
const LONG = 60_000;

let containerd: TestContainerd;
let dockerd: RunningEngine;
beforeAll(async () => {
  containerd = await startContainerd();
  await importBusybox(containerd);
  dockerd = await startStockEngine({
    folder: containerd.folder,
    containerd: containerd.socket,
    client: STOCK_CLI,
    // Stock dockerd names the runtime of each container, "runc" unless told otherwise.
    flags: ["--add-runtime", `ours=${join(BIN, "docker-runc")}`, "--default-runtime", "ours"],
  });
  expect(docker("load", "-i", join(containerd.folder, "busybox.tar")).output).toContain("Loaded image");
}, LONG);
afterAll(async () => {
  await dockerd.stop();
  await containerd.stop();
}, LONG);

const docker = (...args: string[]) => dockerd.docker(...args);
const ok = (...args: string[]) => {
  const { code, output } = docker(...args);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}\n${output}`);
  return output.trim();
};

test(
  "run passes output and the exit code on",
  () => {
    expect(docker("run", "--rm", "busybox", "sh", "-c", "echo out; exit 3")).toEqual({
      code: 3,
      output: "out\n",
    });
  },
  LONG,
);

test(
  "run -d, exec, logs, top, stats, pause, stop, start, rm",
  () => {
    ok(
      "run",
      "-d",
      "--name",
      "life",
      "-m",
      "64m",
      "busybox",
      "sh",
      "-c",
      "echo begun; trap 'exit 4' TERM; while :; do sleep 0.05; done",
    );
    expect(docker("exec", "life", "sh", "-c", "echo in; exit 5")).toEqual({ code: 5, output: "in\n" });
    expect(ok("logs", "life")).toBe("begun");
    expect(ok("top", "life")).toContain("trap");
    expect(ok("stats", "--no-stream", "--format", "{{.MemUsage}}", "life")).toContain("/ 64MiB");
    ok("pause", "life");
    expect(ok("inspect", "-f", "{{.State.Status}}", "life")).toBe("paused");
    ok("unpause", "life");
    ok("update", "-m", "70m", "--memory-swap", "-1", "life");
    ok("stop", "life");
    expect(ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "life")).toBe("exited 4");
    ok("start", "life");
    ok("rm", "-f", "life");
  },
  LONG,
);

test(
  "an out-of-memory kill is told as such",
  () => {
    const grow = "x=a; while :; do x=$x$x; done";
    docker("run", "--name", "oom", "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c", grow);
    expect(ok("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "oom")).toBe("true 137");
    ok("rm", "oom");
  },
  LONG,
);

test(
  "kill -9 of docker-containerd: containers go on, and stock dockerd finds them again",
  async () => {
    ok("run", "-d", "--name", "stays", "busybox", "sleep", "1000");
    await containerd.kill();
    await containerd.start();
    const exec = () => docker("exec", "stays", "echo", "alive");
    await eventually("exec works again", exec, ({ output }) => output === "alive\n");
    expect(ok("inspect", "-f", "{{.State.Status}}", "stays")).toBe("running");
    ok("kill", "stays");
    expect(ok("wait", "stays")).toBe("137");
    ok("rm", "stays");
  },
  LONG,
);

test("nothing is left of what was removed", async () => {
  expect(ok("ps", "-aq")).toBe("");
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  expect(mounts.filter((line) => line.includes(join(containerd.folder, "state")))).toEqual([]);
  const left = await containerd.ctr(["containers", "ls", "-q"], { namespace: "moby" });
  expect(left.stdout).toBe("");
});
