/** One round: containers start and run while processes are killed, then everything is mended and checked. */
import { FAULT_POINTS } from "../../src/files/fault.ts";
import type { ChaosChain, Totals } from "./chain.ts";
import { faultsOf, settle } from "./checks.ts";
import { containersUnder, launch, type Subject, subjectsOf } from "./containers.ts";
import type { EventLog } from "./events.ts";
import { leftovers } from "./leftovers.ts";
import type { Random } from "./random.ts";

const TARGETS = ["dockerd", "docker-containerd", "docker-containerd-shim", "docker-runc"] as const;
type Target = (typeof TARGETS)[number];

const PROGRAMS_OF: Record<keyof typeof FAULT_POINTS, readonly Target[]> = {
  "atomic.rename": ["dockerd", "docker-containerd"],
  "atomic.renamed": ["dockerd", "docker-containerd"],
  "small-file.rename": ["docker-runc"],
  "metadata.committed": ["docker-containerd"],
  "task.shim-started": ["docker-containerd"],
  "task.created": ["docker-containerd"],
  "task.deleted": ["docker-containerd"],
};

/** What this round has daemons die of, beside the kills; "" for nothing. */
function faultFor(random: Random, chain: ChaosChain, round: number): string {
  if (!random.chance(0.5)) return "";
  const point = random.pick(Object.keys(FAULT_POINTS) as (keyof typeof FAULT_POINTS)[]);
  return [random.pick(PROGRAMS_OF[point]), point, random.between(1, 6), chain.at(`fault-${round}`)].join(":");
}

interface Round {
  chain: ChaosChain;
  subjects: Subject[];
  totals: Totals;
}

/** docker-runc lives for milliseconds: it is waited for. */
async function present(chain: ChaosChain, target: Target): Promise<number[]> {
  const deadline = Date.now() + (target === "docker-runc" ? 300 : 0);
  for (;;) {
    const pids = chain.pidsOf(target);
    if (pids.length > 0 || Date.now() > deadline) return pids;
    await Bun.sleep(1);
  }
}

/** Kills one process of a kind; false when there is none now. */
async function killOne({ chain, subjects, totals }: Round, target: Target, random: Random): Promise<boolean> {
  if (target === "dockerd" || target === "docker-containerd") {
    if (!chain.alive(target)) return false;
    await chain.kill(target);
  } else {
    const pids = await present(chain, target);
    if (pids.length === 0) return false;
    const pid = random.pick(pids);
    if (target === "docker-containerd-shim") await markVictims(chain, subjects, pid);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      return false;
    }
  }
  totals.kills[target] = (totals.kills[target] ?? 0) + 1;
  return true;
}

/** Containers end with their shim, and are told by their ids alone. */
async function markVictims(chain: ChaosChain, subjects: Subject[], shim: number): Promise<void> {
  const ids = new Set(containersUnder(shim));
  const { stdout } = await chain.dockerAsync("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}");
  for (const id of containersUnder(shim)) ids.add(id);
  const names = new Map(stdout.split("\n").map((line) => line.split(" ") as [string, string]));
  for (const subject of subjects) {
    if ([...ids].some((id) => names.get(id) === subject.name)) subject.shimKilled = true;
    // One that was starting just now may belong to the shim without being its child yet.
    else if (!subject.acknowledged) subject.shimInDoubt = true;
  }
}

/** Returns what is wrong after the round; empty is good. */
export async function runRound(
  chain: ChaosChain,
  events: EventLog,
  round: number,
  random: Random,
  totals: Totals,
): Promise<string[]> {
  const subjects = subjectsOf(round, random);
  const state: Round = { chain, subjects, totals };
  chain.fault = faultFor(random, chain, round);
  // Daemons take the fault from their environment: so they are started anew with it, and without it afterwards.
  const faulty = chain.fault.startsWith("dockerd:") ? "dockerd" : "docker-containerd";
  const renew = async () => {
    await chain.kill(faulty);
    await chain.mend();
    events.follow();
  };
  const hasFault = chain.fault !== "";
  if (hasFault) await renew();
  const launches = subjects.map((subject) => launch(chain, subject));
  // One whose end and removal are under fire too.
  launches.push(chain.dockerAsync("run", "--rm", "busybox", "true").then(() => {}));
  const kills = random.between(1, 3);
  for (let i = 0; i < kills; i++) {
    await Bun.sleep(random.between(0, 250));
    const target = random.pick(TARGETS);
    await killOne(state, target, random);
    await Bun.sleep(random.between(0, 150));
    await recover(state, events);
  }
  await Promise.all(launches);
  chain.fault = "";
  if (hasFault) await renew();
  await recover(state, events);
  return check(state, events);
}

async function recover({ chain, totals }: Round, events: EventLog): Promise<void> {
  const mended = await chain.mend();
  if (mended === 0) return;
  totals.recoveries += mended;
  events.follow();
}

async function check({ chain, subjects }: Round, events: EventLog): Promise<string[]> {
  for (const subject of subjects) await settle(chain, subject);
  const faults = subjects.flatMap((subject) => faultsOf(chain, subject, events));
  const ids = chain.docker("ps", "-aq", "--no-trunc").output.trim().split("\n").filter(Boolean);
  for (const id of ids) {
    const removed = chain.docker("rm", "-f", id);
    if (removed.code !== 0) faults.push(`rm -f ${id.slice(0, 12)}: ${removed.output.trim()}`);
  }
  const left = await cleaned(chain, ids);
  return [...faults, ...left];
}

/** Shims end by themselves some seconds after their last container, or after a start that came to nothing. */
const PATIENCE_MS = 15_000;

/** What is still there after a moment's patience. */
async function cleaned(chain: ChaosChain, ids: string[]): Promise<string[]> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const left = leftovers(chain, ids);
    if (left.length === 0 || Date.now() > deadline) return left;
    await Bun.sleep(50);
  }
}
