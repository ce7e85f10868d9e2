/** Our client against stock dockerd 20.10: an engine that knows nothing of ours, and is nine versions older. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { runCommand } from "../hack/lib/command.ts";
import { STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { OUR_CLI, type Result } from "./lib/engine.ts";

const here = existsSync(STOCK_DOCKERD);
if (!here) console.error(`cli-stock-engine.test.ts: skipped, ${STOCK_DOCKERD} is not installed`);

const folder = mkdtempSync("/tmp/pequod-stock-");
let engine: RunningEngine;
beforeAll(async () => {
  if (!here) return;
  writeBusyboxImage(join(folder, "busybox.tar"));
  engine = await startStockEngine({ folder });
});
afterAll(async () => {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function docker(args: string[], stdin = ""): Promise<Result> {
  const env = { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: engine.host };
  return runCommand([OUR_CLI, ...args], { env, stdin });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(args);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
  return stdout.trim();
}

describe.skipIf(!here)("our docker, stock dockerd 20.10", () => {
  test("version negotiates down; info has the engine's words", async () => {
    expect(await ok("version")).toContain(" API version:       1.41 (downgraded from 1.50)\n");
    expect(await ok("version", "-f", "{{.Server.Version}}")).toStartWith("20.10.");
    expect(await ok("info")).toContain("\n Storage Driver: ");
    expect(await ok("info", "-f", "{{.ServerVersion}} {{.Swarm.LocalNodeState}}")).toMatch(
      /^20\.10\S* inactive$/,
    );
  });

  test("what the engine is too old for is refused before it is asked", async () => {
    expect(await docker(["save", "--platform", "linux/amd64", "busybox"])).toEqual({
      code: 1,
      stdout: "",
      stderr: '"--platform" requires API version 1.48, but the Docker daemon API version is 1.41\n',
    });
  });

  test("load, images, tag, history, save, rmi", async () => {
    expect(await ok("load", "-i", join(folder, "busybox.tar"))).toBe("Loaded image: busybox:latest");
    expect(await ok("images", "--format", "{{.Repository}}:{{.Tag}}")).toBe("busybox:latest");
    await ok("tag", "busybox", "other:1");
    expect(await ok("history", "-q", "--no-trunc", "busybox")).toBe(
      await ok("image", "inspect", "-f", "{{.Id}}", "other:1"),
    );
    await ok("save", "-o", join(folder, "saved.tar"), "other:1");
    expect(await ok("rmi", "other:1")).toBe("Untagged: other:1");
    expect(await ok("load", "-q", "-i", join(folder, "saved.tar"))).toBe("Loaded image: other:1");
    expect(await ok("rmi", "other:1")).toBe("Untagged: other:1");
  });

  test("run: output, stdin, exit codes", async () => {
    expect(await ok("run", "--rm", "--network", "none", "busybox", "echo", "hello")).toBe("hello");
    const cat = await docker(["run", "--rm", "-i", "--network", "none", "busybox", "cat"], "through\n");
    expect(cat).toEqual({ code: 0, stdout: "through\n", stderr: "" });
    const run = ["run", "--rm", "--network", "none", "busybox"];
    expect((await docker([...run, "sh", "-c", "echo out; echo err >&2; exit 7"])).code).toBe(7);
    expect((await docker([...run, "/nonexistent"])).code).toBe(127);
  });

  test("run -d, ps, logs, exec, stop, wait, inspect, rm", async () => {
    const script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    const id = await ok("run", "-d", "--name", "cc", "busybox", "sh", "-c", script);
    expect(await ok("ps", "-q", "--no-trunc")).toBe(id);
    expect(await ok("exec", "-e", "A=b", "cc", "sh", "-c", "echo $A")).toBe("b");
    expect(await ok("logs", "cc")).toBe("ready");
    expect(await ok("stop", "cc")).toBe("cc");
    expect(await ok("wait", "cc")).toBe("5");
    expect(await ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "cc")).toBe("exited 5");
    expect(await ok("rm", "cc")).toBe("cc");
    expect(await docker(["rm", "cc"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("No such container"),
    });
  });

  test("networks and volumes", async () => {
    await ok("network", "create", "--subnet", "10.9.0.0/16", "n");
    await ok("volume", "create", "--label", "a=b", "vv");
    const run = ["run", "--rm", "--network", "n", "--ip", "10.9.1.2", "-v", "vv:/v"];
    const address = await ok(...run, "busybox", "sh", "-c", "echo kept > /v/file; hostname -i");
    expect(address).toBe("10.9.1.2");
    expect(await ok("run", "--rm", "-v", "vv:/v", "busybox", "cat", "/v/file")).toBe("kept");
    expect(await ok("network", "ls", "-f", "type=custom", "--format", "{{.Name}} {{.Driver}}")).toBe(
      "n bridge",
    );
    expect(await ok("volume", "ls", "-f", "label=a", "-q")).toBe("vv");
    expect(await ok("network", "rm", "n")).toBe("n");
    expect(await ok("volume", "rm", "vv")).toBe("vv");
    expect(await ok("volume", "prune", "-f")).toBe("Total reclaimed space: 0B");
  });

  test("events and system df", async () => {
    const events = await ok(
      "events",
      "--since",
      "10m",
      "--until",
      "0s",
      "-f",
      "type=image",
      "--format",
      "{{.Action}}",
    );
    expect(events.split("\n").slice(0, 3)).toEqual(["load", "tag", "save"]);
    const usage = await ok("system", "df", "--format", "{{.Type}} {{.TotalCount}}");
    expect(usage).toBe("Images 1\nContainers 0\nLocal Volumes 0\nBuild Cache 0");
  });
});
