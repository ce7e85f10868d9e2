/** kill -9 of the daemons loses no event of what happens meanwhile, and tells none twice. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appears } from "../hack/lib/chain.ts";
import { type Engine, eventually, OUR_CLI, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const PATIENCE_S = 40;

const inspect = (name: string, format: string) => engine.ok("inspect", "-f", format, name);

async function killed(...daemons: Bun.Subprocess[]): Promise<void> {
  for (const daemon of daemons) daemon.kill("SIGKILL");
  await Promise.all(daemons.map((daemon) => daemon.exited));
}

/** Kills docker-containerd and starts it again, as it was, under a dockerd that goes on. */
async function containerdAgain(meanwhile: () => Promise<void>): Promise<void> {
  const { containerd } = engine.chain;
  const command = readFileSync(`/proc/${containerd.pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  await killed(containerd);
  await meanwhile();
  const log = join(engine.folder, "containerd.log");
  engine.chain.containerd = Bun.spawn(command, {
    stdin: "ignore",
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  await appears(join(engine.folder, "containerd.sock"), engine.chain.containerd, log);
}

interface Told {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** Everything that was told of a container since the beginning: actions, and what of them tells one from another. */
async function toldOf(id: string): Promise<string[]> {
  const until = String(Math.floor(Date.now() / 1000) + 1);
  const lines = await engine.ok("events", "--since", "0", "--until", until, "--format", "{{json .}}");
  return lines
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Told)
    .filter(({ Action }) => Action !== "top")
    .filter(({ Actor }) => Actor.ID === id || Actor.Attributes["container"] === id)
    .map(({ Action, Actor }) => {
      const { exitCode, name, container } = Actor.Attributes;
      const code = exitCode === undefined ? "" : ` ${exitCode}`;
      const network = container !== undefined && name !== undefined ? ` ${name}` : "";
      return `${Action.replace(/^(exec_\w+): .*/, "$1")}${code}${network}`;
    });
}

/** Waits until a container's events satisfy. */
const eventuallyTold = (id: string, holds: (told: string[]) => boolean) =>
  eventually("its events", () => toldOf(id), holds, PATIENCE_S);

const gone = (pid: string) =>
  eventually(
    `process ${pid} to end`,
    () => readdirSync("/proc"),
    (pids) => !pids.includes(pid),
    PATIENCE_S,
  );

const waitFor = (file: string) => `while [ ! -e ${file} ]; do usleep 20000; done`;
/** Takes more memory than the container has. */
const TOO_MUCH = "dd if=/dev/zero of=/dev/null bs=64M count=1";
const LIMITED = ["-m", "16m", "--memory-swap", "16m"];

/** The processes of a container, by a word in their command lines. */
async function pidOf(name: string, word: string): Promise<string> {
  const lines = await eventually(
    `a process with ${word}`,
    async () => (await engine.ok("top", name, "-eo", "pid,args")).split("\n").slice(1),
    (found) => found.some((line) => line.includes(word)),
    PATIENCE_S,
  );
  return lines
    .find((line) => line.includes(word))!
    .trim()
    .split(" ")[0]!;
}

/** Waits until dockerd knows that all exec processes of a container run: their program may be there earlier. */
async function execsRun(name: string, count: number): Promise<void> {
  const ask = async (path: string) =>
    (await fetch(`http://d${path}`, { unix: join(engine.folder, "docker.sock") })).json();
  await eventually(
    `${count} exec processes run`,
    async () => {
      const { ExecIDs } = (await ask(`/containers/${name}/json`)) as { ExecIDs: string[] | null };
      const execs = await Promise.all((ExecIDs ?? []).map((id) => ask(`/exec/${id}/json`)));
      return execs.filter((exec) => (exec as { Running: boolean }).Running).length;
    },
    (running) => running === count,
    PATIENCE_S,
  );
}

test("a container that runs out of memory and ends while both daemons are dead, and its exec before it", async () => {
  await engine.ok("network", "create", "joined");
  const options = ["--network", "joined", "-v", "kept:/kept", "-v", "/data", ...LIMITED];
  const script = `${waitFor("/go")}; ${TOO_MUCH}; exit 3`;
  const id = await engine.ok("run", "-d", "--name", "ends", ...options, "busybox", "sh", "-c", script);
  await engine.ok("exec", "-d", "ends", "sh", "-c", `${waitFor("/exec")}; exit 7`);
  const exec = await pidOf("ends", "/exec");
  const pid = await inspect("ends", "{{.State.Pid}}");
  await killed(engine.chain.dockerd, engine.chain.containerd);
  writeFileSync(`/proc/${pid}/root/exec`, "");
  await gone(exec);
  writeFileSync(`/proc/${pid}/root/go`, "");
  await gone(pid);
  await engine.restart();
  expect(await inspect("ends", "{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}")).toBe(
    "exited 3 true",
  );
  await killed(engine.chain.dockerd, engine.chain.containerd);
  await engine.restart();
  await engine.ok("rm", "-v", "ends");
  await engine.ok("network", "rm", "joined");
  const told = await toldOf(id);
  expect(told.slice(-9)).toEqual([
    ...["exec_create", "exec_start", "exec_die 7", "oom"],
    ...["unmount", "unmount", "die 3", "disconnect joined", "destroy"],
  ]);
  expect(told.slice(0, -9).toSorted()).toEqual(["connect joined", "create", "mount", "mount", "start"]);
});

/** Starts both daemons, of which dockerd dies at its first or a later event. */
async function diesAtEvent(count: number): Promise<void> {
  const [fault, struck] = [join(engine.folder, "fault"), join(engine.folder, `struck-${count}`)];
  writeFileSync(fault, `dockerd:event.append:${count}:${struck}`);
  process.env["PEQUOD_FAULT"] = fault;
  try {
    // It dies before it serves, and takes the chain's start along.
    await engine.restart().catch(() => {});
  } finally {
    delete process.env["PEQUOD_FAULT"];
  }
  expect(existsSync(struck)).toBe(true);
}

test.each([1, 2])(
  "a dockerd that dies at event %i of taking over an exec process loses no exit code",
  async (count) => {
    const name = `twice-${count}`;
    const id = await engine.ok("run", "-d", "--name", name, "busybox", "sleep", "1000");
    await engine.ok("exec", "-d", name, "sh", "-c", `${waitFor("/go")}; exit 38`);
    const exec = await pidOf(name, "/go");
    await execsRun(name, 1);
    const pid = await inspect(name, "{{.State.Pid}}");
    await killed(engine.chain.dockerd, engine.chain.containerd);
    writeFileSync(`/proc/${pid}/root/go`, "");
    await gone(exec);
    await diesAtEvent(count);
    await engine.restart();
    await eventuallyTold(id, (told) => told.includes("exec_die 38"));
    await engine.ok("rm", "-f", name);
    const told = await toldOf(id);
    expect(told.filter((action) => action.startsWith("exec_die"))).toEqual(["exec_die 38"]);
  },
);

test("processes of docker exec that end after dockerd has come back, or wait for a client that has gone", async () => {
  const id = await engine.ok("run", "-d", "--name", "goes-on", ...LIMITED, "busybox", "sleep", "1000");
  const talkative = `${waitFor("/go")}; yes | head -c 300000; ${TOO_MUCH}; exit 9`;
  await engine.ok("exec", "-d", "goes-on", "sh", "-c", talkative);
  const client = Bun.spawn([OUR_CLI, "-H", engine.host, "exec", "-i", "goes-on", "cat"], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
  await pidOf("goes-on", "cat");
  await execsRun("goes-on", 2);
  const pid = await inspect("goes-on", "{{.State.Pid}}");
  await killed(engine.chain.dockerd, engine.chain.containerd);
  await client.exited;
  await engine.restart();
  await eventuallyTold(id, (told) => told.includes("exec_die 0"));
  writeFileSync(`/proc/${pid}/root/go`, "");
  const told = await eventuallyTold(id, (actions) => actions.includes("exec_die 9"));
  const meant = ["exec_create", "exec_start", "exec_create", "exec_start", "exec_die 0", "oom", "exec_die 9"];
  expect(told.filter((action) => /^(exec|oom)/.test(action))).toEqual(meant);
  expect(await inspect("goes-on", "{{.ExecIDs}} {{.State.Status}}")).toBe("[] running");
  await engine.ok("rm", "-f", "goes-on");
  const all = await toldOf(id);
  expect(all.filter((action) => /^(exec|oom)/.test(action))).toEqual(meant);
  expect(all.slice(-4).toSorted()).toEqual(["destroy", "die 137", "disconnect bridge", "kill"]);
});

test("what happens while docker-containerd alone is dead is told, and known to who is attached", async () => {
  const id = await engine.ok("run", "-d", "--name", "stays", ...LIMITED, "busybox", "sleep", "1000");
  const pid = await inspect("stays", "{{.State.Pid}}");
  const script = `${waitFor("/go")}; ${TOO_MUCH}; echo said; exit 5`;
  const attached = engine.docker(["exec", "stays", "sh", "-c", script]);
  const exec = await pidOf("stays", "/go");
  await execsRun("stays", 1);
  await containerdAgain(async () => {
    writeFileSync(`/proc/${pid}/root/go`, "");
    await gone(exec);
  });
  expect(await attached).toMatchObject({ code: 5, stdout: "said\n" });
  // A later strike is one more.
  expect((await engine.docker(["exec", "stays", "sh", "-c", `${TOO_MUCH}; exit 6`])).code).toBe(6);
  const told = await eventuallyTold(id, (actions) => actions.includes("exec_die 6"));
  const execs = told.filter((action) => action.startsWith("exec"));
  expect(execs).toEqual([
    ...["exec_create", "exec_start", "exec_die 5"],
    ...["exec_create", "exec_start", "exec_die 6"],
  ]);
  await engine.ok("rm", "-f", "stays");
  expect((await toldOf(id)).filter((action) => action === "oom")).toEqual(["oom", "oom"]);
});

test("an exec process that its container's end ends is told to have ended", async () => {
  const id = await engine.ok("run", "-d", "--name", "killed", "busybox", "sleep", "1000");
  await engine.ok("exec", "-d", "killed", "sleep", "1001");
  await pidOf("killed", "1001");
  await engine.ok("rm", "-f", "killed");
  expect((await toldOf(id)).slice(-7)).toEqual([
    ...["exec_create", "exec_start", "kill", "exec_die 137"],
    ...["die 137", "disconnect bridge", "destroy"],
  ]);
});
