/** docker-runc and stock runc, asked the same: exit code, output, and what is wrong in the same words. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "../src/oci/runtime-spec.ts";
import { eventually, type Result } from "./lib/engine.ts";
import { RuntimeBench } from "./lib/runtime.ts";

const RUNC = Bun.which("runc");
const onV1 = RUNC !== null && !existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Both runtimes, each with its own state folder, bundles and containers. */
let sides: RuntimeBench[] = [];
/** For each side, a container that sleeps; and one that has ended. */
let running: string[] = [];
let ended: string[] = [];

/** What differs between two sides anyway: names, ids, times. */
function plain(text: string, side: RuntimeBench): string {
  return text
    .replaceAll(side.folder, "FOLDER")
    .replaceAll(side.cgroup, "CGROUP")
    .replaceAll(side.binary, "runc")
    .replaceAll("docker-runc", "runc")
    .replace(/\bc\d+\b/g, "ID")
    .replace(/\.\w+\.\d+/g, (name) => name.replace(/\.\d+$/, ""));
}

/** What a caller sees: the last line of stderr is the error. */
const seen = ({ code, stdout, stderr }: Result, side: RuntimeBench) => ({
  code,
  stdout: plain(stdout, side),
  error: plain(stderr.trimEnd().split("\n").at(-1) ?? "", side),
});

type Ask = (side: RuntimeBench, i: number) => Promise<Result>;

async function same(ask: Ask): Promise<void> {
  const [ours, stock] = await Promise.all(sides.map(async (side, i) => seen(await ask(side, i), side)));
  expect(ours).toEqual(stock!);
}

/** A command line in words; ID is the container that sleeps, ENDED the one that has ended. */
const line =
  (words: string, stdin?: string): Ask =>
  (side, i) =>
    side.runc(
      words.split(" ").map((word) => word.replace(/^ID$/, running[i]!).replace(/^ENDED$/, ended[i]!)),
      stdin === undefined ? {} : { stdin },
    );

/** Stock prints its help on stdout when it does not understand: only the error is compared. */
const usage =
  (words: string): Ask =>
  async (side, i) => ({ ...(await line(words)(side, i)), stdout: "" });

/** A container with a changed configuration, run to its end. */
const withConfig =
  (change: (spec: Spec) => void): Ask =>
  (side) => {
    const { id, path } = side.bundle(["true"], change);
    return side.runc(["run", "--bundle", path, id]);
  };

beforeAll(async () => {
  if (!onV1) return;
  sides = [new RuntimeBench(), new RuntimeBench(RUNC!)];
  running = await Promise.all(sides.map((side) => side.sleeping()));
  ended = await Promise.all(sides.map((side) => side.sleeping()));
  for (const [i, side] of sides.entries()) {
    // Signals that come before the command executes would end runc's own process there.
    const pid = async () =>
      (JSON.parse((await side.runc(["state", running[i]!])).stdout) as { pid: number }).pid;
    const name = async () => readFileSync(`/proc/${await pid()}/comm`, "utf8").trim();
    await eventually("the command executes", name, (comm) => comm === "sleep", 30);
    await side.runc(["kill", ended[i]!, "KILL"]);
    const status = async () => (await side.runc(["state", ended[i]!])).stdout;
    await eventually("the container ends", status, (text) => text.includes('"stopped"'), 30);
  }
});
afterAll(async () => {
  for (const [i, side] of sides.entries()) {
    for (const id of [running[i]!, ended[i]!]) await side.kill(id);
    await side.close();
  }
});

describe.if(onV1)("docker-runc and runc agree on", () => {
  const USAGE = [
    ...["state", "start", "pause", "resume", "delete", "update", "events", "checkpoint"].flatMap(
      (command) => [command, `${command} a b`],
    ),
    ...["kill", "ps", "exec", "list x", "spec x", "exec -g x ID true", "update --frob ID", "run --frob x"],
  ];
  test.each(USAGE)("a command line that is wrong: %s", async (words) => {
    await same(usage(words));
  });

  const NOBODY = [
    "state",
    "start",
    "kill",
    "pause",
    "resume",
    "ps",
    "delete",
    "update",
    "events",
    "checkpoint",
  ];
  test.each(NOBODY)("%s of a container that is not there", async (command) => {
    await same(line(`${command} nobody`));
  });
  test.each([
    "exec nobody true",
    "delete --force nobody",
    "kill nobody NOSIGNAL",
    "list -f xml",
    "ps -f x ID",
  ])("%s", async (words) => {
    await same(line(words));
  });

  test.each([
    "start",
    "kill",
    "pause",
    "resume",
    "ps",
    "update --memory 100M",
    "events --stats",
    "checkpoint",
  ])("%s of a container that has ended", async (command) => {
    await same(line(`${command} ENDED`));
  });
  test("exec in one that has ended, and start and delete of one that runs", async () => {
    for (const words of ["exec ENDED true", "start ID", "delete ID"]) await same(line(words));
  });
  test("its second pause and resume, and what it refuses meanwhile", async () => {
    for (const words of ["pause ID", "pause ID", "exec ID true", "delete ID", "resume ID", "resume ID"])
      await same(line(words));
  });
  test.each(["0", "HUP", "SIGHUP", "sighup", "WINCH", "28", "NOSIGNAL"])("kill with %s", async (signal) => {
    await same(line(`kill ID ${signal}`));
  });
});

describe.if(onV1)("exec is runc's:", () => {
  test.each([
    "exec ID echo hi",
    "exec ID nofile",
    "exec ID /nofile",
    "exec ID /etc/passwd",
    "exec --cwd /nowhere ID true",
    "exec --cwd /etc/passwd ID true",
    "exec --cwd tmp ID pwd",
    "exec -u root ID true",
    "exec -u 0:x ID true",
    "exec -u 1:2 -g 7 ID id",
    "exec -e A=b ID env",
    "exec --cap CAP_NOTHING ID true",
    "exec --cap CAP_SYS_ADMIN ID grep Cap /proc/self/status",
    "exec --no-new-privs ID grep NoNewPrivs /proc/self/status",
    "exec -d -t ID true",
    "exec --console-socket /x ID true",
    "exec -p /nowhere ID",
    "exec --pid-file /nowhere/x ID true",
    "exec ID echo -n --x",
  ])("%s", async (words) => {
    await same(line(words));
  });
  test("the exit code of a command, and of one that a signal ends", async () => {
    for (const script of ["exit 7", "kill -9 $$"])
      await same((side, i) => side.runc(["exec", running[i]!, "sh", "-c", script]));
  });

  const user = { uid: 5, gid: 6 };
  test.each([
    { terminal: false, user, args: ["id"], env: ["PATH=/bin"], cwd: "/" },
    { user, args: ["true"] },
    { user, args: ["true"], cwd: "tmp" },
    { user, args: [], cwd: "/" },
    { user, cwd: "/" },
  ])("--process %j", async (document) => {
    await same((side, i) => {
      const path = join(side.folder, "process.json");
      writeFileSync(path, JSON.stringify(document));
      return side.runc(["exec", "--process", path, running[i]!]);
    });
  });
});

describe.if(onV1)("update is runc's:", () => {
  test.each([
    "update --memory 100M --memory-swap 200M ID",
    "update --memory x ID",
    "update --cpu-share 600 ID",
    "update --cpu-share x ID",
    "update --cpu-share 1 ID",
    "update --cpu-period 50000 --cpu-quota 20000 ID",
    "update --pids-limit 77 ID",
    "update --cpuset-cpus 0 ID",
    "update -r /nowhere ID",
  ])("%s", async (words) => {
    await same(line(words));
  });
  test("from stdin; the limits are the same in the end", async () => {
    await same(line("update -r - ID", '{"memory":{"limit":104857600},"pids":{"limit":55}}'));
    const files = [
      ...["memory/memory.limit_in_bytes", "memory/memory.memsw.limit_in_bytes", "pids/pids.max"],
      // Not the shares: what stock sets them back to, after one that it refused, is the lowest.
      ...["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us", "cpuset/cpuset.cpus"],
    ];
    const [ours, stock] = sides.map((side, i) =>
      files.map((file) => {
        const [controller, name] = file.split("/");
        return readFileSync(`/sys/fs/cgroup/${controller}${side.cgroup}/${running[i]}/${name}`, "utf8");
      }),
    );
    expect(ours).toEqual(stock!);
  });
});

describe.if(onV1)("documents have runc's members:", () => {
  /** The names of all members, and of what is in the first entry of each list. */
  function shape(value: unknown): unknown {
    if (Array.isArray(value)) return value.slice(0, 1).map(shape);
    if (typeof value !== "object" || value === null) return typeof value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
  }
  test.each(["state ID", "list -f json", "ps -f json ID", "events --stats ID", "features"])(
    "%s",
    async (words) => {
      const [ours, stock] = await Promise.all(
        sides.map(async (side, i) => shape(JSON.parse((await line(words)(side, i)).stdout))),
      );
      expect(ours).toMatchObject(stock as object);
    },
  );
});

describe.if(onV1)("a configuration is refused as by runc:", () => {
  test.each<[string, (spec: Spec) => void]>([
    ["no process", (spec) => delete spec.process],
    ["no arguments", (spec) => delete spec.process!.args],
    ["an empty list of arguments", (spec) => spec.process!.args!.splice(0)],
    ["no working folder", ({ process }) => delete (process as { cwd?: string }).cwd],
    ["a relative working folder", ({ process }) => Object.assign(process!, { cwd: "tmp" })],
    ["a command that is not there", ({ process }) => Object.assign(process!, { args: ["nofile"] })],
    [
      "a command that cannot be executed",
      ({ process }) => Object.assign(process!, { args: ["/etc/passwd"] }),
    ],
  ])("%s", async (_, change) => {
    await same(withConfig(change));
  });
  test.each<[string, (spec: Spec) => void]>([
    ["a variable without a value", ({ process }) => process!.env!.push("BAD")],
    ["a variable without a name", ({ process }) => process!.env!.push("=x")],
    ["a user that is no number", ({ process }) => Object.assign(process!.user, { uid: "x" })],
    ["the user -1", ({ process }) => Object.assign(process!.user, { uid: -1 })],
    ["a namespace twice", ({ linux }) => linux!.namespaces!.push({ type: "pid" })],
    ["an unknown limit", ({ process }) => process!.rlimits!.push({ type: "RLIMIT_X", soft: 1, hard: 1 })],
    ["a mount without a place", ({ mounts }) => mounts!.push({ type: "tmpfs", source: "x" } as never)],
    [
      "an unknown file system",
      ({ mounts }) => mounts!.push({ destination: "/x", type: "nofs", source: "x" }),
    ],
    [
      "a source that is not there",
      ({ mounts }) => mounts!.push({ destination: "/x", type: "bind", source: "/nowhere" }),
    ],
    ["a sysctl of the host", ({ linux }) => Object.assign(linux!, { sysctl: { "vm.swappiness": "1" } })],
    [
      "a hook that fails",
      (spec) => Object.assign(spec, { hooks: { createRuntime: [{ path: "/bin/false" }] } }),
    ],
  ])("%s: in other words", async (_, change) => {
    const codes = await Promise.all(sides.map(async (side) => (await withConfig(change)(side, 0)).code));
    expect(codes).toEqual([1, 1]);
  });
});
