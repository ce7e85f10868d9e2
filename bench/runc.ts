/**
 * `make bench-runc`: docker-runc against runc and crun on one bundle, as Docker makes it (default seccomp profile,
 * capabilities, masked paths, limits). Medians of rounds in which all take turns; peak memory of one `run`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dockerSpec, makeBundle } from "../hack/lib/bundle.ts";
import { layBusyboxRoot } from "../hack/lib/busybox-image.ts";
import { SHORT_LIVED_SETTINGS } from "../src/version/same-build.ts";
import { median } from "./lib/compare.ts";

const ROUNDS = 21;
const BIN = process.env["PEQUOD_BIN"] ?? resolve(import.meta.dir, "../bundles/latest/binary-daemon");

interface Runtime {
  name: string;
  binary: string;
}

const RUNTIMES: Runtime[] = [
  { name: "docker-runc", binary: join(BIN, "docker-runc") },
  ...["runc", "crun"].flatMap((name) => {
    const binary = Bun.which(name);
    if (!binary) console.error(`${name} is not installed`);
    return binary ? [{ name, binary }] : [];
  }),
];

const folder = mkdtempSync("/tmp/pequod-bench-runc-");
const root = join(folder, "root");

const commandOf = (runtime: Runtime, args: string[]) => [
  runtime.binary,
  "--root",
  join(folder, runtime.name),
  ...args,
];

/** Runs the runtime to its end; returns the processor time that it took, with its children's, in ms. */
function call(runtime: Runtime, ...args: string[]): number {
  return callWith({}, runtime, args);
}

/** As call(), with further environment variables. */
function callWith(env: Readonly<Record<string, string>>, runtime: Runtime, args: string[]): number {
  const command = commandOf(runtime, args);
  const child = Bun.spawnSync(command, {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(join(folder, "err")),
  });
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: exit code ${child.exitCode}`);
  return Number(child.resourceUsage?.cpuTime.total ?? 0) / 1000;
}

/** The most memory, in MB, that the runtime's own process had until its container ran. */
async function peakMemory(runtime: Runtime, { id, path }: { id: string; path: string }): Promise<number> {
  const command = commandOf(runtime, ["run", "--bundle", path, id]);
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  const running = () =>
    Bun.spawnSync(commandOf(runtime, ["state", id]))
      .stdout.toString()
      .includes('"running"');
  while (!running()) await Bun.sleep(5);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  call(runtime, "kill", id, "KILL");
  await child.exited;
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

function bundleFor(runtime: Runtime, name: string, args: string[]): { id: string; path: string } {
  const id = `${name}-${runtime.name}`;
  const spec = dockerSpec(args, `/pequod-bench/${id}`);
  spec.root!.path = root;
  makeBundle(join(folder, id), spec, root);
  return { id, path: join(folder, id) };
}

type Work = (runtime: Runtime) => unknown;

/** Medians in ms of each runtime: of the time that passes, or of what `work` returns. */
function compare(work: Work, own = false): number[] {
  const times = RUNTIMES.map(() => [] as number[]);
  for (let round = -2; round < ROUNDS; round++) {
    RUNTIMES.forEach((runtime, i) => {
      const start = performance.now();
      const result = work(runtime);
      if (round >= 0) times[i]!.push(own ? Number(result) : performance.now() - start);
    });
  }
  return times.map(median);
}

function printLine(name: string, values: readonly number[], unit: string): void {
  const ratios = values.slice(1).map((value) => (values[0]! / value).toFixed(2).padStart(10));
  console.log(
    `${name.padEnd(32)}${values.map((v) => `${v.toFixed(1)} ${unit}`.padStart(14)).join("")}${ratios.join("")}`,
  );
}

async function main(): Promise<void> {
  layBusyboxRoot(root);
  // crun refuses hosts with both cgroup versions; this mount namespace is the bench's own.
  Bun.spawnSync(["umount", "/sys/fs/cgroup/unified"]);
  const short = new Map(RUNTIMES.map((r) => [r, bundleFor(r, "short", ["true"])]));
  const long = new Map(RUNTIMES.map((r) => [r, bundleFor(r, "long", ["sleep", "1000"])]));
  const others = RUNTIMES.slice(1).map(({ name }) => `÷ ${name}`.padStart(10));
  console.log(`${"".padEnd(32)}${RUNTIMES.map(({ name }) => name.padStart(14)).join("")}${others.join("")}`);
  const run: Work = (r) => call(r, "run", "--bundle", short.get(r)!.path, short.get(r)!.id);
  const life: Work = (r) => {
    const { id, path } = short.get(r)!;
    call(r, "create", "--bundle", path, id);
    call(r, "start", id);
    call(r, "delete", "--force", id);
  };
  const exec: Work = (r) => call(r, "exec", long.get(r)!.id, "true");
  // As a shim does: the process from a file, nobody waits for its end. Ours gets its settings of the engine.
  const processFile = join(folder, "process.json");
  writeFileSync(processFile, JSON.stringify(dockerSpec(["true"], "/").process));
  const chainExec: Work = (r) => {
    const args = ["exec", "--process", processFile, "--detach", "--pid-file", join(folder, "exec.pid")];
    return callWith(SHORT_LIVED_SETTINGS, r, [...args, long.get(r)!.id]);
  };
  printLine("run to completion", compare(run), "ms");
  printLine("run, processor time", compare(run, true), "ms");
  printLine("create + start + delete", compare(life), "ms");
  for (const r of RUNTIMES) call(r, "run", "--detach", "--bundle", long.get(r)!.path, long.get(r)!.id);
  printLine("exec", compare(exec), "ms");
  printLine("exec, processor time", compare(exec, true), "ms");
  printLine("exec as a shim calls it", compare(chainExec), "ms");
  for (const r of RUNTIMES) call(r, "delete", "--force", long.get(r)!.id);
  const memory: number[] = [];
  for (const r of RUNTIMES) memory.push(await peakMemory(r, long.get(r)!));
  printLine("peak memory of run", memory, "MB");
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
  for (const name of new Bun.Glob("*/pequod-bench").scanSync({ cwd: "/sys/fs/cgroup", onlyFiles: false }))
    Bun.spawnSync(["rmdir", join("/sys/fs/cgroup", name)]);
}
