import { exists, notFound, systemError } from "../../errors/errors.ts";

/** One file system of a pool, as `zfs get` tells of it. */
export interface DatasetFacts {
  /** Bytes. */
  used: number;
  available: number;
  /** 0: none. */
  quota: number;
  compression: string;
}

/** What is asked of the programs zfs and zpool: only what each version of them takes. */
export class Zfs {
  /** Names of a file system and all below it. Errors: notFound. */
  async list(dataset: string): Promise<string[]> {
    const said = await zfs("list", "-rH", "-t", "filesystem", "-o", "name", dataset);
    return said.split("\n").filter(Boolean);
  }

  facts(dataset: string): DatasetFacts {
    const wanted = ["used", "available", "quota", "compression"];
    const said = runNow("zfs", ["get", "-Hp", "-o", "property,value", wanted.join(","), dataset]);
    const found = new Map(said.split("\n").map((line) => line.split("\t") as [string, string]));
    const bytes = (key: string) => Number(found.get(key)) || 0;
    return {
      used: bytes("used"),
      available: bytes("available"),
      quota: bytes("quota"),
      compression: found.get("compression") ?? "-",
    };
  }

  /** "ONLINE", "DEGRADED" ... */
  poolHealth(pool: string): string {
    return runNow("zpool", ["list", "-H", "-o", "health", pool]).trim();
  }

  /** Nothing but mount(2) mounts it. Errors: exists. */
  async create(dataset: string): Promise<void> {
    await zfs("create", "-o", "mountpoint=legacy", dataset);
  }

  /** All or nothing: the snapshot goes with the last clone of it. Errors: exists, notFound. */
  async clone(from: string, to: string): Promise<void> {
    const snapshot = `${from}@${process.hrtime.bigint()}`;
    await zfs("snapshot", snapshot);
    try {
      await zfs("clone", "-p", "-o", "mountpoint=legacy", snapshot, to);
    } finally {
      await zfs("destroy", "-d", snapshot);
    }
  }

  async setQuota(dataset: string, size: string): Promise<void> {
    await zfs("set", `quota=${size}`, dataset);
  }

  /** With its snapshots; those that clones stand on become the clones' own. Errors: notFound, system. */
  async destroy(dataset: string): Promise<void> {
    for (let deadline = performance.now() + PATIENCE_MS; ; ) {
      const why = await tryZfs("destroy", "-r", dataset);
      if (why === undefined) return;
      if (why.includes("dependent clones")) await this.#promoteCloneOf(dataset);
      // A mount that has been detached lives until the last who uses it lets go.
      else if (why.includes("busy") && performance.now() < deadline) await Bun.sleep(PAUSE_MS);
      else throw failure("zfs", ["destroy", "-r", dataset], why);
    }
  }

  /** Gives one clone the snapshot that it stands on. Errors: system, where there is none that can take it. */
  async #promoteCloneOf(dataset: string): Promise<void> {
    const parent = dataset.slice(0, dataset.lastIndexOf("/"));
    const said = await zfs("list", "-rH", "-t", "filesystem", "-o", "name,origin", parent);
    const pairs = said.split("\n").map((line) => line.split("\t"));
    const clone = pairs.find(([, origin]) => origin?.startsWith(`${dataset}@`))?.[0];
    if (clone === undefined) throw systemError(`zfs: ${dataset} has clones outside of ${parent}`);
    await zfs("promote", clone);
  }
}

const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** Undefined if it has done it, else what it says. */
async function tryZfs(...args: string[]): Promise<string | undefined> {
  const child = spawnZfs(args);
  const [why] = await Promise.all([new Response(child.stderr).text(), new Response(child.stdout).text()]);
  return (await child.exited) === 0 ? undefined : why;
}

const ENV = { LC_ALL: "C" };

function spawnZfs(args: string[]) {
  return Bun.spawn(["zfs", ...args], {
    env: { ...process.env, ...ENV },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function zfs(...args: string[]): Promise<string> {
  const child = spawnZfs(args);
  const [said, why] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw failure("zfs", args, why);
  return said;
}

function runNow(program: string, args: string[]): string {
  const options = { env: { ...process.env, ...ENV }, stdin: "ignore", stderr: "pipe" } as const;
  const child = Bun.spawnSync([program, ...args], options);
  if (child.exitCode !== 0) throw failure(program, args, child.stderr.toString());
  return child.stdout.toString();
}

/** The program tells by its words alone what is wrong; its exit code is 1 for everything. */
function failure(program: string, args: string[], why: string): Error {
  const text = `${program} ${args.join(" ")}: ${why.trim()}`;
  if (why.includes("dataset already exists")) return exists(text);
  if (why.includes("dataset does not exist")) return notFound(text);
  return systemError(text);
}
