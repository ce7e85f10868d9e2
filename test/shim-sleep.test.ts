/** A shim that sleeps, as another program, while its containers run: what wakes it, and what it then still knows. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { taskClient } from "../src/containerd/tasks/task-client.ts";
import { closeFd, O_NONBLOCK, O_RDWR, openFd, readFd, writeFd } from "../src/linux/fd.ts";
import { makeFifo } from "../src/linux/fifo.ts";
import type { Spec } from "../src/oci/runtime-spec.ts";
import { Options } from "../src/proto/containerd/runc/v1/options.ts";
import { Client } from "../src/ttrpc/client.ts";
import { BIN, eventually } from "./lib/engine.ts";
import { type ShimDriver, startShim } from "./lib/shim-driver.ts";

const LIMIT = 120_000;

let folder: string;
let shim: ShimDriver;
let pid: number;
let options: ShimDriver["options"];
const opened: number[] = [];

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-sleep-");
  const program = join(BIN, "docker-containerd-shim");
  shim = await startShim(program, join(folder, "shim"), "first", { PEQUOD_SHIM_SLEEPY: "100" });
  const value = Options.encode({
    binaryName: join(BIN, "docker-runc"),
    root: join(folder, "shim", "runc"),
  });
  options = { ...shim.options, value };
  pid = (await shim.rpc.connect({ id: "first" })).shimPid;
}, LIMIT);
afterAll(async () => {
  await shim.stop();
  for (const fd of opened) closeFd(fd);
  rmSync(folder, { recursive: true, force: true });
});

const isAsleep = () => readlinkSync(`/proc/${pid}/exe`).includes("sleeper");
const untilAsleep = () => eventually("the shim sleeps", isAsleep, (asleep) => asleep);
/** What its descriptors are open on, except that for signals, which the sleeper opens a moment after its start. */
const descriptors = () =>
  readdirSync(`/proc/${pid}/fd`)
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((target) => !target.includes("signalfd"))
    .sort();
const topicsOf = (id: string) =>
  shim.told.filter(({ event }) => (event as { containerId?: string }).containerId === id).map((t) => t.topic);

/** A FIFO and a descriptor to use it by. */
function fifo(name: string): { path: string; fd: number } {
  const path = join(folder, name);
  makeFifo(path, 0o600);
  const fd = openFd(path, O_RDWR | O_NONBLOCK);
  opened.push(fd);
  return { path, fd };
}

/** All that comes out of a FIFO, until it has `text`. */
async function untilReads(fd: number, text: string): Promise<void> {
  let seen = "";
  const buffer = new Uint8Array(4096);
  const read = (): string => {
    try {
      seen += new TextDecoder().decode(buffer.subarray(0, readFd(fd, buffer)));
    } catch {
      // Nothing yet.
    }
    return seen;
  };
  await eventually(`output ${JSON.stringify(text)}`, read, (all) => all.includes(text));
}

interface Container {
  args: string[];
  change?: (spec: Spec) => void;
  streams?: object;
}

/** Creates and starts a container, and has its shim fall asleep. */
async function run(id: string, { args, change, streams = {} }: Container): Promise<number> {
  const bundle = shim.bundle(id, args, change);
  await shim.rpc.create({ id, bundle, options, ...streams });
  const { pid } = await shim.rpc.start({ id });
  await untilAsleep();
  return pid;
}

describe("a sleeping shim", () => {
  test(
    "tells an end to who waited since before, answers calls, and leaves no descriptor open",
    async () => {
      const bundle = shim.bundle("quiet", ["sleep", "1000"]);
      await shim.rpc.create({ id: "quiet", bundle, options });
      const ended = shim.rpc.wait({ id: "quiet" });
      const init = (await shim.rpc.start({ id: "quiet" })).pid;
      await untilAsleep();
      const before = descriptors();
      expect((await shim.rpc.state({ id: "quiet" })).pid).toBe(init);
      expect(isAsleep()).toBe(false);
      await untilAsleep();
      expect(descriptors()).toEqual(before);
      process.kill(init, "SIGKILL");
      expect((await ended).exitStatus).toBe(137);
      expect((await shim.rpc.delete({ id: "quiet" })).exitStatus).toBe(137);
      await eventually(
        "deleted",
        () => topicsOf("quiet"),
        (topics) => topics.includes("/tasks/delete"),
      );
      const each = ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"];
      expect(topicsOf("quiet")).toEqual(each);
    },
    LIMIT,
  );

  test(
    "holds the streams, takes connections, and ignores signals",
    async () => {
      const [stdin, stdout] = [fifo("in"), fifo("out")];
      const script = 'while read line; do echo "got $line"; done; exit 5';
      const streams = { stdin: stdin.path, stdout: stdout.path };
      await run("reader", { args: ["sh", "-c", script], streams });
      // Streams do not pass through the shim.
      writeFd(stdin.fd, new TextEncoder().encode("one\n"));
      await untilReads(stdout.fd, "got one\n");
      expect(isAsleep()).toBe(true);
      for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.kill(pid, signal);
      const other = await Client.connect(shim.address);
      const rpc = taskClient(other);
      expect((await rpc.state({ id: "reader" })).stdout).toBe(stdout.path);
      const spec = { args: ["sh", "-c", "exit 3"], cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };
      const value = new TextEncoder().encode(JSON.stringify(spec));
      await rpc.exec({ id: "reader", execId: "e", spec: { typeUrl: "x", value } });
      await rpc.start({ id: "reader", execId: "e" });
      expect((await rpc.wait({ id: "reader", execId: "e" })).exitStatus).toBe(3);
      await untilAsleep();
      expect((await rpc.delete({ id: "reader", execId: "e" })).exitStatus).toBe(3);
      await untilAsleep();
      other.close();
      await shim.rpc.closeIO({ id: "reader", stdin: true });
      closeFd(opened.splice(opened.indexOf(stdin.fd), 1)[0]!);
      expect((await shim.rpc.wait({ id: "reader" })).exitStatus).toBe(5);
      await shim.rpc.delete({ id: "reader" });
    },
    LIMIT,
  );

  test(
    "wakes up for what is typed at a terminal, and what is shown on it",
    async () => {
      const [stdin, stdout] = [fifo("keys"), fifo("screen")];
      const change = (spec: Spec) => {
        spec.process!.terminal = true;
      };
      const script = 'read line; echo "got $line"; sleep 1; echo late; read line; exit 6';
      const streams = { stdin: stdin.path, stdout: stdout.path, terminal: true };
      await run("screen", { args: ["sh", "-c", script], change, streams });
      writeFd(stdin.fd, new TextEncoder().encode("one\n"));
      await untilReads(stdout.fd, "got one");
      await untilAsleep();
      await untilReads(stdout.fd, "late");
      await untilAsleep();
      writeFd(stdin.fd, new TextEncoder().encode("\n"));
      expect((await shim.rpc.wait({ id: "screen" })).exitStatus).toBe(6);
      await shim.rpc.delete({ id: "screen" });
    },
    LIMIT,
  );

  test(
    "tells that memory ran out",
    async () => {
      const go = fifo("go");
      const change = (spec: Spec) => {
        spec.linux!.resources!.memory = { limit: 16 << 20, swap: 16 << 20 };
      };
      const streams = { stdin: go.path };
      await run("greedy", { args: ["sh", "-c", "read x; exec tail /dev/zero"], change, streams });
      writeFd(go.fd, new TextEncoder().encode("\n"));
      expect((await shim.rpc.wait({ id: "greedy" })).exitStatus).toBe(137);
      await shim.rpc.delete({ id: "greedy" });
      await eventually(
        "deleted",
        () => topicsOf("greedy"),
        (topics) => topics.includes("/tasks/delete"),
      );
      expect(topicsOf("greedy").indexOf("/tasks/oom")).toBeLessThan(
        topicsOf("greedy").indexOf("/tasks/exit"),
      );
      expect(topicsOf("greedy")).toContain("/tasks/oom");
    },
    LIMIT,
  );

  test(
    "sleeps with several tasks, one of them paused, and ends with the last",
    async () => {
      await run("a", { args: ["sleep", "1000"] });
      await run("b", { args: ["sleep", "1000"] });
      await shim.rpc.pause({ id: "a" });
      await untilAsleep();
      await shim.rpc.resume({ id: "a" });
      for (const id of ["a", "b"]) {
        await shim.rpc.kill({ id, signal: 9 });
        expect((await shim.rpc.wait({ id })).exitStatus).toBe(137);
        await shim.rpc.delete({ id });
      }
    },
    LIMIT,
  );

  test(
    "ends when its containers were cleared away without it",
    async () => {
      await run("cleared", { args: ["sleep", "1000"] });
      shim.hangUp();
      await untilAsleep();
      const root = ["--root", join(folder, "shim/runc/test")];
      Bun.spawnSync([join(BIN, "docker-runc"), ...root, "delete", "--force", "cleared"]);
      rmSync(join(shim.folder, "cleared"), { recursive: true });
      const gone = () => !existsSync(`/proc/${pid}/cmdline`);
      await eventually("the shim has ended", gone, (ended) => ended, 60);
    },
    LIMIT,
  );
});
