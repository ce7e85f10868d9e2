/**
 * What is left when a run is interrupted, by ctrl-C or kill -9, is swept away by a process of its own that outlives it:
 *
 *   bun hack/chaos/sweep.ts FOLDER < a pipe that closes when the run ends
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { processes } from "./processes.ts";

/** Starts the process that sweeps once the end of its standard input, which is this process's, is closed. */
export function watchOver(folder: string): Bun.Subprocess<"pipe"> {
  return Bun.spawn(["setsid", process.execPath, import.meta.path, folder], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
}

const CGROUPS = "/sys/fs/cgroup";
const RUNTIME_STATE = "/run/containerd/runc/moby";
const ID = /^[0-9a-f]{64}$/;

function namesIn(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

/** Ids of the chain's containers, as either daemon knows them. */
function idsIn(folder: string): string[] {
  const places = ["root/containers", "c-state/io.containerd.runtime.v2.task/moby"];
  return [...new Set(places.flatMap((place) => namesIn(join(folder, place))))].filter((name) =>
    ID.test(name),
  );
}

/** Existing cgroups of the containers, in every hierarchy. */
export function cgroupsOf(ids: readonly string[]): string[] {
  const hierarchies = ["", ...readdirSync(CGROUPS)].map((name) => join(CGROUPS, name, "docker"));
  return hierarchies.flatMap((path) => ids.map((id) => join(path, id))).filter((path) => existsSync(path));
}

/** Of shims, which are elsewhere. */
function shimSocketsIn(folder: string): string[] {
  const bundles = join(folder, "c-state/io.containerd.runtime.v2.task/moby");
  if (!existsSync(bundles)) return [];
  return [...new Bun.Glob("*/address").scanSync({ cwd: bundles })].map((path) =>
    readFileSync(join(bundles, path), "utf8").replace(/^unix:\/\//, ""),
  );
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Gone already, or going.
  }
}

function killAll(folder: string, cgroups: readonly string[]): void {
  const own = processes().filter(
    ({ argv, pid }) => pid !== process.pid && argv.some((arg) => arg.includes(folder)),
  );
  const inside = cgroups.flatMap((path) => readFileSync(join(path, "cgroup.procs"), "utf8").split("\n"));
  for (const pid of [...own.map(({ pid }) => pid), ...inside.filter(Boolean).map(Number)])
    quietly(() => process.kill(pid, "SIGKILL"));
}

function unmountBelow(folder: string): void {
  const below = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of below.toReversed()) Bun.spawnSync(["umount", "-l", path]);
}

/** Ends every process of a chain and removes all that it made. */
async function sweep(folder: string): Promise<void> {
  const ids = idsIn(folder);
  const sockets = shimSocketsIn(folder);
  // A daemon may start another process until it is killed itself: so more than once.
  for (let pass = 0; pass < 50; pass++) {
    const cgroups = cgroupsOf(ids);
    killAll(folder, cgroups);
    for (const path of cgroups) quietly(() => rmdirSync(path));
    if (cgroupsOf(ids).length === 0 && pass > 0) break;
    await Bun.sleep(100);
  }
  unmountBelow(folder);
  for (const id of ids) rmSync(join(RUNTIME_STATE, id), { recursive: true, force: true });
  for (const path of sockets) rmSync(path, { force: true });
  rmSync(folder, { recursive: true, force: true });
}

if (import.meta.main) {
  const folder = process.argv[2]!;
  await new Response(Bun.stdin.stream()).text();
  if (existsSync(folder) && !process.env["PEQUOD_CHAOS_KEEP"]) await sweep(folder);
}
