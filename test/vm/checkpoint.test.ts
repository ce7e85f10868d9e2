/** docker-runc checkpoint and restore by CRIU, which needs a kernel that it knows: that of the virtual machine. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { dockerSpec, makeBundle } from "../../hack/lib/bundle.ts";
import type { Spec } from "../../src/oci/runtime-spec.ts";
import { eventually } from "../lib/engine.ts";

const RUNC = join(process.env["PEQUOD_BIN"] ?? "", "docker-runc");
/** Tells at once, and for ever, how often it has been round. */
const COUNT = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done";
/** Seconds: the machine is emulated, and other things run beside it. */
const PATIENCE = 60;
let folder: string;
let count = 0;
let ids: string[] = [];

beforeAll(() => {
  folder = mkdtempSync("/tmp/vm-checkpoint-");
  chmodSync(folder, 0o755);
});
afterEach(() => {
  for (const id of ids) for (const binary of [RUNC, "runc"]) run(binary, "delete", "--force", id);
  ids = [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const state = (binary: string) => ["--root", join(folder, binary === RUNC ? "state" : "stock")];
/** Runs a runtime to its end; only for commands whose container does not keep the streams. */
function run(binary: string, ...args: string[]): { code: number; output: string } {
  const child = Bun.spawnSync([binary, ...state(binary), ...args], { stdin: "ignore" });
  return { code: child.exitCode, output: `${child.stdout}${child.stderr}`.trim() };
}

function bundle(script: string, change: (spec: Spec) => void = () => {}): { id: string; path: string } {
  const id = `box${count++}`;
  const path = join(folder, id);
  const spec = dockerSpec(["sh", "-c", script], `/pequod/${id}`);
  change(spec);
  makeBundle(path, spec);
  ids.push(id);
  return { id, path };
}

/** Runs a command whose container goes on, with its output through a pipe or a FIFO, read into a file. */
function detached(binary: string, output: string, how: "pipe" | "fifo", ...args: string[]): void {
  const command = [binary, ...state(binary), ...args];
  const pipe = 'out=$1; shift; "$@" </dev/null 2>&1 | cat >>"$out"';
  const fifo = 'out=$1; shift; mkfifo "$out.f"; cat "$out.f" >"$out" & exec "$@" </dev/null >"$out.f" 2>&1';
  const words = ["sh", "-c", how === "pipe" ? pipe : fifo, "sh", output];
  // The reader ends at the container's end: not waited for.
  Bun.spawn([...words, ...command], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).unref();
}

const lines = (path: string) =>
  existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").filter(Boolean) : [];
const until = (path: string, least: number) =>
  eventually(
    `${least} lines in ${path}`,
    () => lines(path),
    (l) => l.length >= least,
    PATIENCE,
  );
const start = (path: string, id: string, output: string, how: "pipe" | "fifo" = "pipe", binary = RUNC) =>
  detached(binary, output, how, "run", "--detach", "--bundle", path, id);
const images = (path: string) => ["--image-path", join(path, "images"), "--work-path", join(path, "work")];
const restore = (path: string, id: string, output: string, how: "pipe" | "fifo" = "pipe", binary = RUNC) =>
  detached(binary, output, how, "restore", "--detach", ...images(path), "--bundle", path, id);

/** The first number after the restore is the one after the last before the checkpoint. */
async function goesOn(before: string, after: string): Promise<void> {
  const last = Number(lines(before).at(-1));
  const [first] = await until(after, 3);
  expect(Number(first)).toBe(last + 1);
}

describe("docker-runc checkpoint and restore", () => {
  test.each(["fifo", "pipe"] as const)("goes on where it was; its output is a %s", async (how) => {
    const { id, path } = bundle(COUNT);
    start(path, id, join(path, "out"), how);
    await until(join(path, "out"), 5);
    expect(run(RUNC, "checkpoint", ...images(path), id)).toEqual({ code: 0, output: "" });
    expect(run(RUNC, "state", id).output).toContain("container does not exist");
    expect(existsSync(`/sys/fs/cgroup/pequod/${id}`)).toBe(false);
    restore(path, id, join(path, "out2"), how);
    await goesOn(join(path, "out"), join(path, "out2"));
    expect(JSON.parse(run(RUNC, "state", id).output)).toMatchObject({ id, status: "running" });
    expect(readdirSync(join(folder, "state", id))).toEqual(["state.json"]);
    expect(run(RUNC, "exec", id, "cat", "/proc/1/comm")).toEqual({ code: 0, output: "sh" });
  });

  test("keeps limits, mounts, masks, a read-only root and joined namespaces", async () => {
    Bun.spawnSync(["ip", "netns", "add", "outside"]);
    const shared = join(folder, "shared");
    mkdirSync(shared);
    const { id, path } = bundle(COUNT, (spec) => {
      spec.root!.readonly = true;
      spec.mounts!.push({ destination: "/mnt/new", type: "bind", source: shared, options: ["rbind", "ro"] });
      spec.linux!.namespaces = spec.linux!.namespaces!.map((n) =>
        n.type === "network" ? { ...n, path: "/run/netns/outside" } : n,
      );
    });
    start(path, id, join(path, "out"));
    await until(join(path, "out"), 2);
    const look = () => {
      const script =
        "awk '{print $5, $6}' /proc/self/mountinfo | sort; readlink /proc/self/ns/net; cat /proc/kcore | wc -c";
      return run(RUNC, "exec", id, "sh", "-c", script);
    };
    const before = look();
    expect(before.output).toContain("/mnt/new ro");
    expect(run(RUNC, "checkpoint", ...images(path), id).output).toBe("");
    restore(path, id, join(path, "out2"));
    await goesOn(join(path, "out"), join(path, "out2"));
    expect(look()).toEqual(before);
    expect(readFileSync(`/sys/fs/cgroup/pequod/${id}/memory.max`, "utf8")).toBe(`${256 << 20}\n`);
    Bun.spawnSync(["ip", "netns", "del", "outside"]);
  });

  test("--leave-running lets it go on; --pre-dump writes the memory alone, and the dump what has changed", async () => {
    const { id, path } = bundle(COUNT);
    start(path, id, join(path, "out"));
    await until(join(path, "out"), 2);
    const first = join(path, "first");
    expect(run(RUNC, "checkpoint", "--pre-dump", "--image-path", first, id).output).toBe("");
    const rest = ["--parent-path", "../first", "--leave-running"];
    expect(run(RUNC, "checkpoint", ...images(path), ...rest, id).output).toBe("");
    const so = lines(join(path, "out")).length;
    await until(join(path, "out"), so + 2);
    expect(run(RUNC, "state", id).output).toContain('"running"');
    const bad = run(RUNC, "checkpoint", ...images(path), "--parent-path", "../nope", id);
    expect(bad.output).toContain("invalid --parent-path");
  });

  test("in the foreground: restore waits, and ends with the container's exit code", async () => {
    const { id, path } = bundle("trap 'echo done; exit 7' TERM; echo here; while :; do sleep 0.05; done");
    start(path, id, join(path, "out"));
    await until(join(path, "out"), 1);
    expect(run(RUNC, "checkpoint", ...images(path), id).output).toBe("");
    const command = [RUNC, ...state(RUNC), "restore", ...images(path), "--bundle", path, id];
    const words = ["bash", "-c", 'out=$1; shift; "$@" </dev/null 2>&1 | cat >"$out"; exit $PIPESTATUS'];
    const child = Bun.spawn([...words, "bash", join(path, "out2"), ...command], { stdin: "ignore" });
    await eventually(
      "running",
      () => run(RUNC, "state", id).output + lines(join(path, "out2")).join(),
      (text) => text.includes('"running"'),
      PATIENCE,
    );
    run(RUNC, "kill", id, "TERM");
    expect(await child.exited).toBe(7);
    expect(lines(join(path, "out2"))).toEqual(["done"]);
    expect(run(RUNC, "state", id).output).toContain("container does not exist");
  });

  test("a terminal comes back", async () => {
    const { id, path } = bundle("tty; while read word; do echo got-$word; done", (spec) => {
      spec.process!.terminal = true;
    });
    const talk = async (command: string, word: string) => {
      const words = [RUNC, ...state(RUNC), command, ...(command === "restore" ? images(path) : [])];
      const input = join(path, `${command}.in`);
      Bun.spawnSync(["mkfifo", input]);
      // Open for both, so that the end of what is written is no end of input.
      const script = 'exec 3<>"$1" >"$2" 2>&1; shift 2; exec "$@" <&3';
      const output = join(path, command);
      const all = ["sh", "-c", script, "sh", input, output, ...words, "--bundle", path, id];
      const child = Bun.spawn(all, { stdin: "ignore" });
      writeFileSync(input, `${word}\n`);
      const text = () => lines(output).join();
      await eventually("an answer", text, (said) => said.includes(`got-${word}`), PATIENCE);
      return child;
    };
    const first = await talk("run", "one");
    expect(run(RUNC, "checkpoint", ...images(path), id).output).toBe("");
    await first.exited;
    const second = await talk("restore", "two");
    run(RUNC, "kill", id, "KILL");
    expect(await second.exited).toBe(137);
  });

  test.each([
    ["runc", RUNC],
    [RUNC, "runc"],
  ])("what %s has written comes back with %s", async (writer, reader) => {
    const { id, path } = bundle(COUNT);
    start(path, id, join(path, "out"), "pipe", writer);
    await until(join(path, "out"), 3);
    expect(run(writer, "checkpoint", ...images(path), id).code).toBe(0);
    restore(path, id, join(path, "out2"), "pipe", reader);
    await goesOn(join(path, "out"), join(path, "out2"));
  });

  test("failures say why, name CRIU's log, and leave nothing, or the container running", async () => {
    const { id, path } = bundle(COUNT);
    const none = run(RUNC, "restore", "--detach", ...images(path), "--bundle", path, id);
    expect(none.output).toMatch(/images.*ENOENT|descriptors\.json/);
    expect(existsSync(join(folder, "state", id))).toBe(false);
    // A socket from outside, which CRIU would have to be allowed.
    const command = [RUNC, ...state(RUNC), "run", "--detach", "--bundle", path, id];
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
    expect(await child.exited).toBe(0);
    const refused = run(RUNC, "checkpoint", ...images(path), id);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/criu failed: type DUMP errno 0: .*socket/);
    expect(refused.output).toContain(`log file: ${path}/work/dump.log`);
    expect(run(RUNC, "state", id).output).toContain('"running"');
  });
});
