/**
 * The same calls to docker-containerd-shim and to stock's containerd-shim-runc-v2, both on runc: answers, errors and
 * events must be the same.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskClient } from "../src/containerd/tasks/task-client.ts";
import { CheckpointOptions } from "../src/proto/containerd/runc/v1/options.ts";
import { BIN, eventually } from "./lib/engine.ts";
import { type ShimDriver, startShim } from "./lib/shim-driver.ts";

const STOCK = "/usr/bin/containerd-shim-runc-v2";
const LIMIT = 60_000;

type Step = [name: string, call: (rpc: TaskClient, shim: ShimDriver) => Promise<unknown>];

let folder: string;
let ours: ShimDriver;
let stock: ShimDriver;

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-shims-");
  [ours, stock] = await Promise.all([
    startShim(join(BIN, "docker-containerd-shim"), join(folder, "ours"), "one"),
    startShim(STOCK, join(folder, "stock"), "one"),
  ]);
}, LIMIT);
afterAll(async () => {
  await Promise.all([ours.stop(), stock.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the steps against one shim, one after the other. */
async function answers(shim: ShimDriver, steps: readonly Step[]): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, call] of steps) found[name] = await shim.answer(call(shim.rpc, shim));
  return found;
}

/** Stock gives what a state forbids, and what is malformed, no code of their own ("unknown"); ours does. */
function unkind(answer: unknown): unknown {
  const { kind, ...rest } = answer as { kind?: string };
  const ours = kind === "failedPrecondition" || kind === "invalidArgument";
  return kind === undefined ? answer : { kind: ours ? "system" : kind, ...rest };
}

/** All differences at once, so that one does not hide another. */
async function compare(steps: readonly Step[]): Promise<void> {
  const [we, they] = await Promise.all([answers(ours, steps), answers(stock, steps)]);
  const differences = steps
    .filter(([name]) => !Bun.deepEquals(unkind(we[name]), unkind(they[name])))
    .map(([name]) => `${name}: ${JSON.stringify(we[name])}, but stock ${JSON.stringify(they[name])}`);
  expect(differences).toEqual([]);
}

/** What both have told since the last time. */
function news(): [unknown[], unknown[]] {
  const take = (shim: ShimDriver) => shim.told.splice(0).map(({ topic, event }) => ({ topic, event }));
  return [take(ours), take(stock)];
}

/** Both have told the same, among it `topic`, or do so within a moment. */
async function compareEvents(topic: string): Promise<void> {
  const same = () => {
    const [we, they] = [ours.told, stock.told].map((told) => told.map((one) => ({ ...one })));
    return { we, they, done: Bun.deepEquals(we, they) && we!.some((one) => one.topic === topic) };
  };
  await eventually("both tell the same", same, ({ done }) => done, 20);
  news();
}

const json = (value: object) => ({ typeUrl: "x", value: new TextEncoder().encode(JSON.stringify(value)) });
const processOf = (args: string[], more: object = {}) =>
  json({ args, cwd: "/", env: ["PATH=/bin:/usr/bin"], user: { uid: 0, gid: 0 }, ...more });
const create =
  (id: string, args: string[], more: object = {}): Step[1] =>
  (rpc, shim) => {
    const bundle = id === "one" ? join(shim.folder, "one") : shim.bundle(id, args);
    return rpc.create({ id, bundle, options: shim.options, ...more });
  };

describe.skipIf(!existsSync(STOCK))("docker-containerd-shim and containerd-shim-runc-v2", () => {
  test("calls for a container that was never made", async () => {
    const id = "nobody";
    await compare([
      ["connect", (rpc) => rpc.connect({ id })],
      ["state", (rpc) => rpc.state({ id })],
      ["start", (rpc) => rpc.start({ id })],
      ["delete", (rpc) => rpc.delete({ id })],
      ["exec", (rpc) => rpc.exec({ id, execId: "e", spec: processOf(["true"]) })],
      ["kill", (rpc) => rpc.kill({ id, signal: 9 })],
      ["wait", (rpc) => rpc.wait({ id })],
      ["pids", (rpc) => rpc.pids({ id })],
      ["stats", (rpc) => rpc.stats({ id })],
      ["pause", (rpc) => rpc.pause({ id })],
      ["resume", (rpc) => rpc.resume({ id })],
      ["update", (rpc) => rpc.update({ id, resources: json({}) })],
      ["closeIO", (rpc) => rpc.closeIO({ id, stdin: true })],
      ["resizePty", (rpc) => rpc.resizePty({ id, width: 80, height: 25 })],
      ["checkpoint", (rpc) => rpc.checkpoint({ id, path: "/nowhere" })],
    ]);
  });

  test(
    "a container's life, and what is wrong at each point of it",
    async () => {
      const id = "one";
      await compare([
        ["create", create(id, [])],
        ["state when created", (rpc) => rpc.state({ id })],
        ["connect", (rpc) => rpc.connect({ id })],
        ["pids when created", (rpc) => rpc.pids({ id })],
        ["pause when created", (rpc) => rpc.pause({ id })],
        ["resume when created", (rpc) => rpc.resume({ id })],
        ["checkpoint when created", (rpc) => rpc.checkpoint({ id, path: "/nowhere" })],
        ["resize without a terminal", (rpc) => rpc.resizePty({ id, width: 80, height: 25 })],
        ["start", (rpc) => rpc.start({ id })],
        ["state when running", (rpc) => rpc.state({ id })],
        ["start again", (rpc) => rpc.start({ id })],
        ["delete when running", (rpc) => rpc.delete({ id })],
        ["resume when running", (rpc) => rpc.resume({ id })],
        ["shutdown with a container left", (rpc) => rpc.shutdown({ id, now: false })],
        ["update", (rpc) => rpc.update({ id, resources: json({ pids: { limit: 100 } }) })],
        ["stats", async (rpc) => ({ typeUrl: (await rpc.stats({ id })).stats?.typeUrl })],
        ["close stdin", (rpc) => rpc.closeIO({ id, stdin: true })],
        ["close nothing", (rpc) => rpc.closeIO({ id, stdin: false })],
        ["pause", (rpc) => rpc.pause({ id })],
        ["state when paused", (rpc) => rpc.state({ id })],
        ["pause again", (rpc) => rpc.pause({ id })],
        ["start when paused", (rpc) => rpc.start({ id })],
        ["delete when paused", (rpc) => rpc.delete({ id })],
        ["resume", (rpc) => rpc.resume({ id })],
        ["state after resume", (rpc) => rpc.state({ id })],
      ]);
      await compareEvents("/tasks/resumed");
    },
    LIMIT,
  );

  test(
    "further processes",
    async () => {
      const id = "one";
      await compare([
        ["state of none", (rpc) => rpc.state({ id, execId: "e" })],
        ["start of none", (rpc) => rpc.start({ id, execId: "e" })],
        ["delete of none", (rpc) => rpc.delete({ id, execId: "e" })],
        ["kill of none", (rpc) => rpc.kill({ id, execId: "e", signal: 9 })],
        ["exec", (rpc) => rpc.exec({ id, execId: "e", spec: processOf(["sh", "-c", "exit 3"]) })],
        ["state when added", (rpc) => rpc.state({ id, execId: "e" })],
        ["exec with the same id", (rpc) => rpc.exec({ id, execId: "e", spec: processOf(["true"]) })],
        ["start", (rpc) => rpc.start({ id, execId: "e" })],
        ["wait", (rpc) => rpc.wait({ id, execId: "e" })],
        ["state when ended", (rpc) => rpc.state({ id, execId: "e" })],
        ["kill when ended", (rpc) => rpc.kill({ id, execId: "e", signal: 9 })],
        ["start when ended", (rpc) => rpc.start({ id, execId: "e" })],
        ["delete", (rpc) => rpc.delete({ id, execId: "e" })],
        ["delete again", (rpc) => rpc.delete({ id, execId: "e" })],
        ["the id is free again", (rpc) => rpc.exec({ id, execId: "e", spec: processOf(["sleep", "100"]) })],
        ["delete before start", (rpc) => rpc.delete({ id, execId: "e" })],
        ["and again", (rpc) => rpc.exec({ id, execId: "e", spec: processOf(["sleep", "100"]) })],
        ["start of a long one", (rpc) => rpc.start({ id, execId: "e" })],
        ["state when it runs", (rpc) => rpc.state({ id, execId: "e" })],
        ["delete when it runs", (rpc) => rpc.delete({ id, execId: "e" })],
        ["pids", (rpc) => rpc.pids({ id })],
        ["kill", (rpc) => rpc.kill({ id, execId: "e", signal: 15 })],
        ["wait for the killed", (rpc) => rpc.wait({ id, execId: "e" })],
        ["delete the killed", (rpc) => rpc.delete({ id, execId: "e" })],
        ["exec of no program", (rpc) => rpc.exec({ id, execId: "n", spec: processOf(["/nope"]) })],
        ["state of what cannot start", (rpc) => rpc.state({ id, execId: "n" })],
      ]);
      await compareEvents("/tasks/exec-added");
    },
    LIMIT,
  );

  test(
    "its end",
    async () => {
      const id = "one";
      news();
      await compare([
        ["kill", (rpc) => rpc.kill({ id, signal: 9 })],
        ["wait", (rpc) => rpc.wait({ id })],
        ["state when stopped", (rpc) => rpc.state({ id })],
        ["wait again", (rpc) => rpc.wait({ id })],
        ["kill when stopped", (rpc) => rpc.kill({ id, signal: 9 })],
        ["start when stopped", (rpc) => rpc.start({ id })],
        ["pause when stopped", (rpc) => rpc.pause({ id })],
        ["resume when stopped", (rpc) => rpc.resume({ id })],
        ["close stdin when stopped", (rpc) => rpc.closeIO({ id, stdin: true })],
        ["resize when stopped", (rpc) => rpc.resizePty({ id, width: 80, height: 25 })],
        ["exec when stopped", (rpc) => rpc.exec({ id, execId: "x", spec: processOf(["true"]) })],
        ["delete", (rpc) => rpc.delete({ id })],
        ["delete again", (rpc) => rpc.delete({ id })],
        ["state after it", (rpc) => rpc.state({ id })],
        ["connect after it", (rpc) => rpc.connect({ id })],
      ]);
      await compareEvents("/tasks/delete");
    },
    LIMIT,
  );

  test(
    "a container that runs out of memory is told of",
    async () => {
      news();
      const change = (shim: ShimDriver) =>
        shim.bundle("oom", ["sh", "-c", "sleep 0.3; tail /dev/zero"], (spec) => {
          spec.linux!.resources!.memory = { limit: 16 << 20, swap: 16 << 20 };
        });
      await compare([
        ["create", (rpc, shim) => rpc.create({ id: "oom", bundle: change(shim), options: shim.options })],
        ["start", (rpc) => rpc.start({ id: "oom" })],
        ["wait", (rpc) => rpc.wait({ id: "oom" })],
        ["delete", (rpc) => rpc.delete({ id: "oom" })],
      ]);
      const topics = () =>
        [ours, stock].map(({ told }) => [...new Set(told.map(({ topic }) => topic))].sort());
      const [we, they] = await eventually("deleted", topics, (all) =>
        all.every((t) => t.includes("/tasks/delete")),
      );
      expect(we).toEqual(they!);
      expect(we).toContain("/tasks/oom");
    },
    LIMIT,
  );

  test(
    "output into a file, and to a logging program",
    async () => {
      const script = ["sh", "-c", "echo out; echo err >&2"];
      const logger = join(folder, "logger");
      writeFileSync(
        logger,
        '#!/bin/sh\nexec 5>&-\n(echo "$CONTAINER_NAMESPACE $CONTAINER_ID $*"; cat <&3; cat <&4) >"$2"\n',
      );
      chmodSync(logger, 0o755);
      const file = (shim: ShimDriver) => join(shim.folder, "logs", "file");
      const binary = (shim: ShimDriver) => join(shim.folder, "logged");
      const uri = (shim: ShimDriver) => `binary://${logger}?to=${encodeURIComponent(binary(shim))}`;
      // The words of the system's error are Go's in stock.
      const noLogger = async (rpc: TaskClient, shim: ShimDriver) => {
        const call = create("none", script, { stdout: "binary:///nope", stderr: "binary:///nope" })(
          rpc,
          shim,
        );
        const answer = JSON.stringify(await shim.answer(call));
        return /failed to create init process I\/O: .*failed to start binary process: .*\/nope/.test(answer);
      };
      const whole = (id: string, stdout: (shim: ShimDriver) => string): Step[] => [
        [
          `create ${id}`,
          (rpc, shim) => create(id, script, { stdout: stdout(shim), stderr: stdout(shim) })(rpc, shim),
        ],
        [`start ${id}`, (rpc) => rpc.start({ id })],
        [`wait ${id}`, (rpc) => rpc.wait({ id })],
        [`state ${id}`, (rpc) => rpc.state({ id })],
        [`delete ${id}`, (rpc) => rpc.delete({ id })],
      ];
      await compare([
        ...whole("file", (shim) => `file://${file(shim)}`),
        ...whole("binary", uri),
        ["unknown scheme", create("odd", script, { stdout: "odd:///x", stderr: "odd:///x" })],
        ["no such logger", noLogger],
      ]);
      for (const shim of [ours, stock]) {
        const text = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
        // Stock's shim now and then loses what is said last.
        await eventually(
          `lines of ${shim === ours ? "ours" : "stock"}`,
          () => text(file(shim)),
          (seen) => /out/.test(seen) && (shim === stock || /err/.test(seen)),
        );
        const logged = `test binary to ${binary(shim)}\nout\nerr\n`;
        await eventually(
          "logged",
          () => text(binary(shim)),
          (seen) => seen === logged,
        );
      }
    },
    LIMIT,
  );

  test(
    "a checkpoint that cannot be made leaves the container as it was",
    async () => {
      const id = "point";
      const options = {
        typeUrl: "containerd.runc.v1.CheckpointOptions",
        value: CheckpointOptions.encode({ cgroupsMode: "nonsense" }),
      };
      const refused = async (rpc: TaskClient, shim: ShimDriver) => {
        const path = join(shim.folder, "images");
        const answer = await shim.answer(rpc.checkpoint({ id, path, options }));
        return { refused: /nvalid manage-cgroups-mode/.test(JSON.stringify(answer)) };
      };
      await compare([
        ["create", create(id, ["sleep", "1000"])],
        ["start", (rpc) => rpc.start({ id })],
        ["checkpoint", refused],
        ["state", (rpc) => rpc.state({ id })],
        ["kill", (rpc) => rpc.kill({ id, signal: 9 })],
        ["wait", (rpc) => rpc.wait({ id })],
        ["delete", (rpc) => rpc.delete({ id })],
      ]);
    },
    LIMIT,
  );
});
