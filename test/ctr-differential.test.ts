/** The same command lines by stock ctr 1.6 and by docker-containerd-ctr: what they print and their exit codes are the same. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importBusybox, runTool, startContainerd, type TestContainerd, type Tool } from "./lib/containerd.ts";
import { BIN } from "./lib/engine.ts";

const IMAGE = "docker.io/library/busybox:latest";
const NONE = `sha256:${"a".repeat(64)}`;
const LONG = 120_000;
const TOOLS: Tool[] = ["ctr", "docker-containerd-ctr"];

let containerd: TestContainerd;
beforeAll(async () => {
  containerd = await startContainerd();
  await importBusybox(containerd);
  const archive = join(containerd.folder, "busybox.tar");
  for (const namespace of TOOLS)
    await runTool(containerd.socket, ["images", "import", archive], { namespace });
  writeFileSync(join(containerd.folder, "env"), "FROM=file\n");
});
afterAll(() => containerd.stop());

/** Each tool has a namespace of its own, called as the tool, and columns of its own width. */
const plainly = (text: string) =>
  text
    .replaceAll("docker-containerd-ctr", "ctr")
    // Labels come in any order, as Go's maps do.
    .replaceAll(/\S+=\S+,\S+/g, (labels) => labels.split(",").sort().join())
    .replaceAll(/snapshots\/\d+/g, "snapshots/N")
    .replaceAll(/\b\d+ (seconds?|minutes?)|About a minute|Less than a second|1 second/g, "AGE")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ $/gm, "");

async function outcome(tool: Tool, args: string[]) {
  const { code, stdout } = await runTool(containerd.socket, args, { tool, namespace: tool });
  return { code, stdout: plainly(stdout) };
}

/** Runs command lines one after the other with each tool, and compares what they came to. */
async function compare(lines: string[][]): Promise<void> {
  const differences: string[] = [];
  for (const args of lines) {
    const [they, we] = [await outcome("ctr", args), await outcome("docker-containerd-ctr", args)];
    if (!Bun.deepEquals(we, they))
      differences.push(`${args.join(" ")}: ${JSON.stringify(we)}, but stock ${JSON.stringify(they)}`);
  }
  expect(differences).toEqual([]);
}

describe("docker-containerd-ctr does as ctr does", () => {
  test("namespaces, leases, plugins", () =>
    compare([
      ["namespaces", "create"],
      ["namespaces", "rm", "none"],
      ["leases", "ls", "-q"],
      ["leases", "create", "--id", "l1", "--expires", "1h"],
      ["leases", "create", "--id", "l1"],
      ["leases", "ls", "-q"],
      ["leases", "rm", "l1"],
      ["leases", "rm", "none"],
      ["plugins", "ls", "-q"],
      ["plugins", "ls"],
      ["nonsense"],
      ["tasks", "nonsense"],
    ]));

  test("containers", () =>
    compare([
      ["containers", "ls"],
      ["containers", "create", IMAGE, "c1"],
      ["containers", "create", IMAGE, "c1"],
      ["containers", "create", IMAGE],
      ["containers", "create", "none", "c2"],
      ["containers", "ls"],
      ["containers", "ls", "-q"],
      ["containers", "info", "none"],
      ["containers", "label", "c1", "x=y"],
      ["containers", "label", "none", "x=y"],
      ["containers", "rm", "none"],
      ["containers", "rm", "c1"],
      ["containers", "checkpoint", "none", "x"],
      ["containers", "checkpoint", "none"],
      ["containers", "restore", "none", "x"],
    ]));

  test(
    "tasks",
    () =>
      compare([
        ["tasks", "ls"],
        ...["start", "kill", "ps", "pause", "resume", "metrics", "attach", "rm", "checkpoint"].map((verb) => [
          "tasks",
          verb,
          "none",
        ]),
        ["tasks", "exec", "--exec-id", "e", "none", "sh"],
        ["run", "-d", "--null-io", IMAGE, "t1", "sleep", "1000"],
        ["tasks", "exec", "--exec-id", "e", "t1", "sh", "-c", "echo out; exit 4"],
        ["tasks", "exec", "--exec-id", "e", "--cwd", "/tmp", "t1", "pwd"],
        ["tasks", "exec", "--exec-id", "e", "t1", "nonesuch"],
        ["tasks", "start", "-d", "--null-io", "t1"],
        ["tasks", "pause", "t1"],
        ["tasks", "pause", "t1"],
        ["tasks", "resume", "t1"],
        ["tasks", "rm", "t1"],
        ["containers", "rm", "t1"],
        ["tasks", "kill", "-s", "NONE", "t1"],
        ["tasks", "rm", "-f", "t1"],
        ["tasks", "kill", "t1"],
        ["containers", "rm", "t1"],
        ["run", "-d", "--null-io", IMAGE, "t2", "sh", "-c", "exit 5"],
        // Waits for the end, be it over already, and deletes the task.
        ["tasks", "attach", "t2"],
        ["tasks", "rm", "t2"],
        ["containers", "rm", "t2"],
      ]),
    LONG,
  );

  test(
    "run",
    () =>
      compare([
        ["run", "--rm", "--rdt-class", "gold", IMAGE, "of-class", "true"],
        ["run", "--rm", "--gpus", "0", IMAGE, "of-gpu", "true"],
        ["run", "--rm", "--apparmor-default-profile", "x", IMAGE, "of-profile", "true"],
        ["run", IMAGE],
        ["run", "none", "r"],
        ["run", "--rm", "-d", IMAGE, "r"],
        ["run", "--rm", IMAGE, "a/b", "true"],
        ["run", "--rm", IMAGE, "r", "nonesuch"],
        ["run", "--rm", IMAGE, "r", "sh", "-c", "echo out; exit 3"],
        ["run", "--rm", "--null-io", IMAGE, "r", "echo", "nothing"],
        ["run", "--rm", "--cwd", "/tmp", "--env", "A=b", IMAGE, "r", "sh", "-c", "pwd; echo $A"],
        ["run", "--rm", "--env-file", join(containerd.folder, "env"), IMAGE, "r", "sh", "-c", "echo $FROM"],
        ["run", "--rm", "--read-only", IMAGE, "r", "touch", "/x"],
        ["run", "--rm", "--seccomp", IMAGE, "r", "grep", "Seccomp:", "/proc/self/status"],
        ["run", "--rm", "--seccomp-profile", "/x", IMAGE, "r", "true"],
        [
          "run",
          "--rm",
          "--mount",
          "type=bind,src=/etc,dst=/e,options=rbind:ro",
          IMAGE,
          "r",
          "ls",
          "/e/hostname",
        ],
        ["run", "--rm", "--device", "/etc/passwd", IMAGE, "r", "true"],
        [
          "run",
          "--rm",
          "--memory-limit",
          "9999360",
          IMAGE,
          "r",
          "cat",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ],
        ["run", "--rm", "--cpus", "0.5", IMAGE, "r", "cat", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"],
        ["run", "--rm", "--cpus", "0.5", "--cpu-quota", "1", IMAGE, "r", "true"],
        ["run", "--rm", "--config", "/none", IMAGE, "r"],
        ["run", "--rm", "--gpus", "0", IMAGE, "r", "true"],
        ["containers", "ls", "-q"],
      ]),
    LONG,
  );

  test(
    "images",
    () =>
      compare([
        ["images", "ls"],
        ["images", "check"],
        ["images", "tag", IMAGE, "t:1"],
        ["images", "tag", IMAGE, "t:1"],
        ["images", "tag", "none", "t:2"],
        ["images", "label", IMAGE, "q=r"],
        ["images", "label", "none", "q=r"],
        ["images", "ls"],
        ["images", "convert", "--uncompress", IMAGE, "plain:1"],
        ["images", "convert", "--oci", IMAGE, "oci:1"],
        ["images", "convert", "none", "oci:2"],
        ["images", "convert", IMAGE],
        ["run", "--rm", "oci:1", "converted", "echo", "converted"],
        ["images", "rm", "t:1"],
        ["images", "rm", "none"],
        ["images", "import", "/none"],
        ["images", "export", "/dev/null", "none"],
        ["images", "export"],
        ["images", "mount", "none", "/mnt"],
        ["images", "unmount", "/none"],
        ["images", "pull", "busybox"],
        ["images", "push"],
      ]),
    LONG,
  );

  test("content", () =>
    compare([
      ["content", "ls"],
      ["content", "ls", "-q"],
      ["content", "get", "nope"],
      ["content", "get", NONE],
      ["content", "rm", "nope"],
      ["content", "rm", NONE],
      ["content", "label", NONE, "a=b"],
      ["content", "active"],
      ["content", "ingest"],
      ["content", "edit", "none"],
      ["content", "prune", "references"],
      ["content", "ls", "-q"],
      ["content", "nonsense"],
    ]));

  test("snapshots", () =>
    compare([
      ["snapshots", "info", "none"],
      ["snapshots", "prepare", "p1"],
      ["snapshots", "prepare", "p1"],
      ["snapshots", "prepare", "p2", "none"],
      ["snapshots", "mounts", "/mnt", "p1"],
      ["snapshots", "mounts", "/mnt", "none"],
      ["snapshots", "commit", "k1", "p1"],
      ["snapshots", "commit", "k2", "none"],
      ["snapshots", "view", "v1", "k1"],
      ["snapshots", "ls"],
      ["snapshots", "--snapshotter", "native", "ls"],
      ["snapshots", "--snapshotter", "none", "ls"],
      ["snapshots", "usage", "k1"],
      ["snapshots", "usage", "none"],
      ["snapshots", "tree"],
      ["snapshots", "rm", "k1"],
      ["snapshots", "rm", "v1", "k1"],
      ["snapshots", "rm", "none"],
      ["snapshots", "label", "none", "a=b"],
      ["snapshots", "diff", "none"],
      ["snapshots", "unpack", "none"],
    ]));
});

describe("every command and flag of ctr's help is in ours", () => {
  const help = (program: string, path: string[]) =>
    Bun.spawnSync([program, ...path, "--help"], { env: { ...process.env } }).stdout.toString();
  const section = (text: string, name: string) =>
    new RegExp(`^${name}:\\n((?:.+\\n?)*)`, "m").exec(text)?.[1] ?? "";
  const commandsOf = (text: string) =>
    [...section(text, "COMMANDS").matchAll(/^ +([a-z][\w, -]*?) {2}/gm)]
      .flatMap(([, names]) => names!.split(", "))
      .filter((name) => name !== "help" && name !== "h");
  const flagsOf = (text: string) =>
    [...text.matchAll(/^ +(?:-\w, )?--([a-z][\w-]*)/gm)].map(([, name]) => name!);
  const program = join(BIN, "docker-containerd-ctr");

  /** What is missing below a command of stock's. */
  function missing(path: string[]): string[] {
    const stock = help("ctr", path);
    const ours = help(program, path);
    const names = commandsOf(stock);
    const known = new Set(
      [...ours.matchAll(/^ {2}([a-z][\w, -]*?) {2}/gm)].flatMap(([, all]) => all!.split(", ")),
    );
    const flags = new Set(flagsOf(ours));
    const main = [...section(stock, "COMMANDS").matchAll(/^ +([a-z][\w-]*)/gm)].map(([, name]) => name!);
    return [
      ...names.filter((name) => !known.has(name)).map((name) => [...path, name].join(" ")),
      ...flagsOf(stock)
        .filter((name) => !flags.has(name) && name !== "version")
        .map((name) => [...path, `--${name}`].join(" ")),
      ...main.filter((name) => known.has(name)).flatMap((name) => missing([...path, name])),
    ];
  }

  test("all of them", () => {
    // A verb of a verb, which ours takes as an argument.
    expect(missing([]).filter((name) => !name.startsWith("content prune"))).toEqual([]);
  });
});
