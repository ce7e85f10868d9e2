/**
 * The API of checkpoints against stock dockerd's: what it says without experimental features, and what it refuses.
 * That containers go on from checkpoints is shown in the virtual machine (test/vm), whose kernel CRIU knows.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { startStockEngine } from "../hack/lib/stock-engine.ts";
import { type Engine, OUR_CLI, startTestEngine } from "./lib/engine.ts";

let ours: Engine;
let stock: RunningEngine;
let folder: string;

async function ask(host: string, method: string, path: string, body?: object) {
  const response = await fetch(`http://d${path}`, {
    unix: host.slice("unix://".length),
    method,
    ...(body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {}),
  });
  const text = (await response.text()).trim();
  return { status: response.status, answer: text === "" ? "" : (JSON.parse(text) as unknown) };
}

/** Asks both, expects the same, and returns our answer. */
async function same(method: string, path: string, body?: object) {
  const [we, they] = [await ask(ours.host, method, path, body), await ask(stock.host, method, path, body)];
  expect(we).toEqual(they);
  return we;
}

const idOf = (name: string) => ours.ok("inspect", "-f", "{{.Id}}", name);

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-checkpoints-");
  [ours, stock] = await Promise.all([
    startTestEngine({ flags: ["--experimental"] }),
    // In a network namespace of its own: both make a bridge of the same name.
    startStockEngine({ folder, flags: ["--experimental"], prefix: ["unshare", "--net", "--"] }),
  ]);
  await stock.docker("load", "-i", join(ours.folder, "busybox.tar"));
  const options = ["--network", "none", "--name"];
  for (const run of [ours.ok, async (...args: string[]) => void (await stock.docker(...args))]) {
    await run("run", "-d", ...options, "up", "busybox", "sleep", "1000");
    await run("create", ...options, "still", "busybox", "true");
  }
}, 60_000);
afterAll(async () => {
  await stock.docker("rm", "-f", "up", "still");
  await ours.docker(["rm", "-f", "up", "still"]);
  await Promise.all([ours.stop(), stock.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

test("what is refused is refused in stock's words", async () => {
  const checkpoint = { CheckpointID: "one", Exit: true };
  expect(await same("POST", "/v1.41/containers/still/checkpoints", checkpoint)).toEqual({
    status: 500,
    answer: { message: "Container still not running" },
  });
  await same("POST", "/v1.41/containers/up/checkpoints", { CheckpointID: "../one" });
  await same("POST", "/v1.41/containers/none/checkpoints", checkpoint);
  await same("GET", "/v1.41/containers/none/checkpoints");
  await same("POST", "/v1.41/containers/still/start?checkpoint=none");
});

test("a checkpoint that is there is listed, taken once, and removed", async () => {
  const checkpoints = join(ours.folder, "root/containers", await idOf("up"), "checkpoints");
  expect((await ask(ours.host, "GET", "/containers/up/checkpoints")).answer).toBeNull();
  mkdirSync(join(checkpoints, "first"), { recursive: true });
  mkdirSync(join(checkpoints, "second"));
  expect((await ask(ours.host, "GET", "/containers/up/checkpoints")).answer).toEqual([
    { Name: "first" },
    { Name: "second" },
  ]);
  const again = await ask(ours.host, "POST", "/containers/up/checkpoints", { CheckpointID: "first" });
  expect(again.answer).toEqual({
    message: "cannot checkpoint container up: checkpoint with name first already exists for container up",
  });
  const outside = await ask(ours.host, "DELETE", "/containers/up/checkpoints/..%2f..%2fup");
  expect(outside.status).toBe(500);
  await ours.docker(["checkpoint", "rm", "up", "first"], { cli: OUR_CLI });
  expect(readdirSync(checkpoints)).toEqual(["second"]);
  const listed = await ours.docker(["checkpoint", "ls", "up"], { cli: OUR_CLI });
  expect(listed.stdout).toBe("CHECKPOINT NAME\nsecond\n");
});

test("a checkpoint that fails leaves no folder, and the container running", async () => {
  const path = "/containers/up/checkpoints";
  const failed = await ask(ours.host, "POST", path, { CheckpointID: "bad", CheckpointDir: "relative" });
  expect(failed.status).toBe(400);
  // This kernel is not CRIU's, as long as it is Debian's; on another it may succeed.
  const { status, answer } = await ask(ours.host, "POST", path, { CheckpointID: "tried" });
  if (status !== 201) {
    expect(answer).toMatchObject({ message: expect.stringContaining("Cannot checkpoint container up: ") });
    expect((await ask(ours.host, "GET", path)).answer).toEqual([{ Name: "second" }]);
  }
  expect(await ours.ok("inspect", "-f", "{{.State.Status}}", "up")).toBe("running");
});

test("what is experimental is told", async () => {
  const { answer } = await ask(ours.host, "GET", "/version");
  expect(answer).toMatchObject({ Experimental: true });
  const ping = await fetch("http://d/_ping", { unix: ours.host.slice("unix://".length) });
  expect(ping.headers.get("docker-experimental")).toBe("true");
});

test("without experimental features both refuse, in the same words", async () => {
  const plain = mkdtempSync("/tmp/pequod-checkpoints-");
  const [engine, old] = await Promise.all([
    startTestEngine({ image: false }),
    startStockEngine({ folder: plain, prefix: ["unshare", "--net", "--"] }),
  ]);
  try {
    for (const [method, path] of [
      ["GET", "/v1.41/containers/x/checkpoints"],
      ["POST", "/v1.41/containers/x/checkpoints"],
      ["DELETE", "/v1.41/containers/x/checkpoints/y"],
      ["POST", "/v1.41/containers/x/start?checkpoint=y"],
    ] as const)
      expect(await ask(engine.host, method, path)).toEqual(await ask(old.host, method, path));
  } finally {
    await Promise.all([engine.stop(), old.stop()]);
    rmSync(plain, { recursive: true, force: true });
  }
}, 60_000);
