/**
 * A task's life by the same gRPC calls to docker-containerd with its shim and to stock containerd 1.6 with its own, both
 * on runc: answers, codes and texts of errors, and the events told are the same.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { basename, join } from "node:path";
import { dockerSpec } from "../hack/lib/bundle.ts";
import { layBusyboxRoot } from "../hack/lib/busybox-image.ts";
import { decodeEvent } from "../src/ctr/events.ts";
import { Options } from "../src/proto/containerd/runc/v1/options.ts";
import { removeCgroup } from "./lib/cgroups.ts";
import { startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { type Api, openApi, plainly } from "./lib/containerd-api.ts";
import { eventually } from "./lib/engine.ts";

const LONG = 60_000;
const NS = "life";
const ns = { namespace: NS };
const id = "one";
const HELLO = "/hello";
const of = { containerId: id };

interface Side {
  daemon: TestContainerd;
  api: Api;
  told: unknown[];
}

type Step = [name: string, call: (api: Api, side: Side) => Promise<unknown>];

let sides: Side[];
const leaving = new AbortController();

async function openSide(kind: "ours" | "stock"): Promise<Side> {
  const daemon = await startContainerd({ kind });
  layBusyboxRoot(join(daemon.folder, "rootfs"));
  const side: Side = { daemon, api: openApi(daemon.socket), told: [] };
  const events = side.api.events.subscribe({ filters: [`namespace==${NS}`] }, { signal: leaving.signal });
  void (async () => {
    for await (const { topic, namespace, event } of events) {
      const decoded = topic === HELLO ? "" : (JSON.parse(decodeEvent(event!)) as object);
      side.told.push(plainly({ topic, namespace, event: decoded }));
    }
  })().catch(() => {});
  // The subscription stands when an event of it has come.
  await eventually(
    "subscribed",
    async () => {
      await side.api.events.publish({ topic: HELLO, event: { typeUrl: "x" } }, ns).catch(() => {});
      return side.told.length;
    },
    (count) => count > 0,
  );
  return side;
}

beforeAll(async () => {
  sides = [await openSide("ours"), await openSide("stock")];
}, LONG);
afterAll(async () => {
  leaving.abort();
  for (const { api, daemon } of sides) {
    api.close();
    await daemon.stop();
  }
  removeCgroup(`pequod-life-${process.pid}`);
});

async function compare(...steps: Step[]): Promise<void> {
  const [we, they] = await Promise.all(
    sides.map(async (side) => {
      const found: unknown[] = [];
      for (const [, call] of steps) found.push(await side.api.answer(() => call(side.api, side)));
      return found;
    }),
  );
  const differences = steps.flatMap(([name], i) =>
    Bun.deepEquals(meant(we![i]), meant(they![i]))
      ? []
      : [`${name}: ${JSON.stringify(we![i])}, but stock ${JSON.stringify(they![i])}`],
  );
  expect(differences).toEqual([]);
}

/**
 * What a state forbids has a code of its own here, and "unknown" in stock, which puts that after the text of every error
 * without a code. Stock's answers leave out which container they are of.
 */
function meant(answer: unknown): unknown {
  const { kind, message, ...rest } = (answer ?? {}) as { kind?: string; message?: string };
  if (message === undefined)
    return JSON.parse(
      JSON.stringify(answer ?? null, (key, value: unknown) => (key === "containerId" ? undefined : value)),
    );
  const hasCode = kind !== "failedPrecondition" && kind !== "invalidArgument";
  return { kind: hasCode ? kind : "system", message: message.replace(/: unknown$/, ""), ...rest };
}

/** Both tell of these topics, and the same of each. Those of daemon and shim come in any order. */
async function compareEvents(...topics: string[]): Promise<void> {
  const take = () =>
    sides.map(({ told }) =>
      (told as { topic: string }[])
        .filter(({ topic }) => topic !== HELLO)
        .sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1)),
    );
  const enough = await eventually("told", take, (all) => all.every((told) => told.length >= topics.length));
  expect(enough[0]).toEqual(enough[1]!);
  expect(enough[0]!.map(({ topic }) => topic).sort()).toEqual(topics.sort());
  for (const { told } of sides) told.length = 0;
}

const json = (value: object) => ({ typeUrl: "x", value: new TextEncoder().encode(JSON.stringify(value)) });
const processOf = (...args: string[]) =>
  json({ args, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } });

function container({ daemon }: Side) {
  const spec = dockerSpec(["sleep", "1000"], `/pequod-life-${process.pid}/${basename(daemon.folder)}`);
  spec.root = { path: join(daemon.folder, "rootfs") };
  const value = Options.encode({ binaryName: "/usr/sbin/runc", root: join(daemon.folder, "runc") });
  const runtime = {
    name: "io.containerd.runc.v2",
    options: { typeUrl: "containerd.runc.v1.Options", value },
  };
  return { container: { id, image: "none", spec: json(spec), runtime } };
}

test(
  "create, start, and what is wrong at each point of it",
  async () => {
    await compare(
      [
        "container",
        async ({ containers }, side) => (await containers.create(container(side), ns)).container?.id,
      ],
      ["create", ({ tasks }) => tasks.create(of, ns)],
      ["create again", ({ tasks }) => tasks.create(of, ns)],
      ["get when created", ({ tasks }) => tasks.get(of, ns)],
      [
        "exec when created",
        ({ tasks }) => tasks.exec({ ...of, execId: "early", spec: processOf("true") }, ns),
      ],
      ["pause when created", ({ tasks }) => tasks.pause(of, ns)],
      ["start", ({ tasks }) => tasks.start(of, ns)],
      ["start again", ({ tasks }) => tasks.start(of, ns)],
      ["get when running", ({ tasks }) => tasks.get(of, ns)],
      ["list", ({ tasks }) => tasks.list({}, ns)],
      ["list elsewhere", ({ tasks }) => tasks.list({}, { namespace: "elsewhere" })],
      ["delete when running", ({ tasks }) => tasks.delete(of, ns)],
      ["resume when running", ({ tasks }) => tasks.resume(of, ns)],
      ["pause", ({ tasks }) => tasks.pause(of, ns)],
      ["get when paused", ({ tasks }) => tasks.get(of, ns)],
      ["pause again", ({ tasks }) => tasks.pause(of, ns)],
      ["resume", ({ tasks }) => tasks.resume(of, ns)],
      ["update", ({ tasks }) => tasks.update({ ...of, resources: json({ pids: { limit: 100 } }) }, ns)],
      ["pids", ({ tasks }) => tasks.listPids(of, ns)],
      ["resize without a terminal", ({ tasks }) => tasks.resizePty({ ...of, width: 80, height: 25 }, ns)],
      [
        "metrics",
        async ({ tasks }) =>
          (await tasks.metrics({ filters: [`id==${id}`] }, ns)).metrics.map(({ id: task, data }) => [
            task,
            data?.typeUrl,
          ]),
      ],
      ["metrics of none", ({ tasks }) => tasks.metrics({ filters: ["id==other"] }, ns)],
    );
    await compareEvents(
      "/containers/create",
      ...["create", "start", "paused", "resumed", "exec-added"].map((name) => `/tasks/${name}`),
    );
  },
  LONG,
);

test(
  "further processes",
  async () => {
    const e = { ...of, execId: "e" };
    await compare(
      ["start of none", ({ tasks }) => tasks.start(e, ns)],
      ["get of none", ({ tasks }) => tasks.get(e, ns)],
      ["kill of none", ({ tasks }) => tasks.kill({ ...e, signal: 9 }, ns)],
      ["wait for none", ({ tasks }) => tasks.wait(e, ns)],
      ["delete of none", ({ tasks }) => tasks.deleteProcess(e, ns)],
      ["exec", ({ tasks }) => tasks.exec({ ...e, spec: processOf("sh", "-c", "exit 3") }, ns)],
      ["exec with the same id", ({ tasks }) => tasks.exec({ ...e, spec: processOf("true") }, ns)],
      [
        "exec with a malformed id",
        ({ tasks }) => tasks.exec({ ...of, execId: "a/b", spec: processOf("true") }, ns),
      ],
      ["exec without an id", ({ tasks }) => tasks.exec({ ...of, execId: "", spec: processOf("true") }, ns)],
      ["start", ({ tasks }) => tasks.start(e, ns)],
      ["wait", ({ tasks }) => tasks.wait(e, ns)],
      ["get when ended", ({ tasks }) => tasks.get(e, ns)],
      ["start again", ({ tasks }) => tasks.start(e, ns)],
      ["kill when ended", ({ tasks }) => tasks.kill({ ...e, signal: 9 }, ns)],
      ["delete", ({ tasks }) => tasks.deleteProcess(e, ns)],
      ["delete again", ({ tasks }) => tasks.deleteProcess(e, ns)],
      ["exec of no program", ({ tasks }) => tasks.exec({ ...e, spec: processOf("/nope") }, ns)],
      ["start of it", ({ tasks }) => tasks.start(e, ns)],
    );
    await compareEvents(
      ...["exec-added", "exec-added", "exec-started", "exit"].map((name) => `/tasks/${name}`),
    );
  },
  LONG,
);

test(
  "the end",
  async () => {
    await compare(
      ["kill", ({ tasks }) => tasks.kill({ ...of, signal: 9 }, ns)],
      ["wait", ({ tasks }) => tasks.wait(of, ns)],
      ["get when stopped", ({ tasks }) => tasks.get(of, ns)],
      ["wait again", ({ tasks }) => tasks.wait(of, ns)],
      ["kill when stopped", ({ tasks }) => tasks.kill({ ...of, signal: 9 }, ns)],
      ["start when stopped", ({ tasks }) => tasks.start(of, ns)],
      ["exec when stopped", ({ tasks }) => tasks.exec({ ...of, execId: "x", spec: processOf("true") }, ns)],
      ["delete", async ({ tasks }) => (await tasks.delete(of, ns)).exitStatus],
      ["delete again", ({ tasks }) => tasks.delete(of, ns)],
      ["get after it", ({ tasks }) => tasks.get(of, ns)],
      ["container", ({ containers }) => containers.delete({ id }, ns)],
    );
    await compareEvents("/containers/delete", "/tasks/delete", "/tasks/exit");
  },
  LONG,
);
