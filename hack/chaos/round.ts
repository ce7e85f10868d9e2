/** One round: containers start and run while processes are killed, then everything is mended and checked. */
import type { Random } from "../lib/random.ts";
import type { ChaosChain, Totals } from "./chain.ts";
import { faultsOf, memoryFaults } from "./checks.ts";
import { containersUnder, launch, type Subject, subjectsOf } from "./containers.ts";
import type { EventLog } from "./events.ts";
import { type Fault, faultOf } from "./faults.ts";
import type { LeftoverWatch } from "./leftovers.ts";
import { faultsOfObject, makeObject, type ObjectOfRound, objectOf } from "./objects.ts";

const DAEMONS = ["dockerd", "docker-containerd"] as const;
const TARGETS = [...DAEMONS, "both daemons", "docker-containerd-shim", "docker-runc"] as const;
type Target = (typeof TARGETS)[number];

/** What goes through all rounds of a run. */
export interface Run {
  chain: ChaosChain;
  events: EventLog;
  left: LeftoverWatch;
  totals: Totals;
}

interface Round extends Run {
  subjects: Subject[];
  object: ObjectOfRound;
  fault: Fault | undefined;
}

/** docker-runc lives for milliseconds: it is waited for. */
async function present(chain: ChaosChain, target: Target): Promise<number[]> {
  const deadline = Date.now() + (target === "docker-runc" ? 200 : 0);
  for (;;) {
    const pids = chain.pidsOf(target);
    if (pids.length > 0 || Date.now() > deadline) return pids;
    await Bun.sleep(1);
  }
}

async function killDaemons(chain: ChaosChain, target: Target): Promise<boolean> {
  const names = DAEMONS.filter((name) => (target === "both daemons" || name === target) && chain.alive(name));
  await Promise.all(names.map((name) => chain.kill(name)));
  return names.length > 0;
}

async function killProcess(round: Round, target: Target, random: Random): Promise<boolean> {
  const pids = await present(round.chain, target);
  if (pids.length === 0) return false;
  const pid = random.pick(pids);
  if (target === "docker-containerd-shim") await markVictims(round, pid);
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** Kills one process of a kind, or both daemons, if there is one now. */
async function killOne(round: Round, target: Target, random: Random): Promise<void> {
  const isDaemon = target === "both daemons" || DAEMONS.some((name) => name === target);
  const killed = await (isDaemon ? killDaemons(round.chain, target) : killProcess(round, target, random));
  if (killed) round.totals.kills[target] = (round.totals.kills[target] ?? 0) + 1;
}

/** Containers end with their shim, and are told by their ids alone. */
async function markVictims({ chain, subjects }: Round, shim: number): Promise<void> {
  const ids = new Set(containersUnder(shim));
  const listed = await chain.api
    .get<{ Id: string; Names: string[] }[]>("/containers/json?all=1")
    .catch(() => []);
  for (const id of containersUnder(shim)) ids.add(id);
  for (const subject of subjects) {
    const id = listed?.find(({ Names }) => Names.includes(`/${subject.name}`))?.Id;
    if (id !== undefined && ids.has(id)) subject.shimKilled = true;
    // One that was starting just now, or could not be looked up, may belong to the shim all the same.
    else if (!subject.acknowledged || id === undefined) subject.shimInDoubt = true;
  }
}

/** Returns what is wrong after the round; empty is good. */
export async function runRound(run: Run, number: number, random: Random): Promise<string[]> {
  const { chain, totals } = run;
  const subjects = subjectsOf(number, random);
  const object = objectOf(number, random);
  const fault = faultOf(number, random, chain);
  const round: Round = { ...run, subjects, object, fault };
  chain.arm(fault?.line ?? "");
  const launches = subjects.map((subject) => launch(chain, subject));
  launches.push(makeObject(chain, object));
  for (let kills = random.between(1, 3); kills > 0; kills--) {
    await Bun.sleep(random.between(0, 200));
    await killOne(round, random.pick(TARGETS), random);
    await Bun.sleep(random.between(0, 50));
    await recover(round);
  }
  await Promise.all(launches);
  chain.arm("");
  // A process that had come to the fault's point already may die of it only now.
  do await recover(round);
  while (!(await chain.connected()));
  if (fault && chain.hasDied(number)) {
    totals.kills[`${fault.program} at a fault point`] =
      (totals.kills[`${fault.program} at a fault point`] ?? 0) + 1;
    if (fault.program === "docker-containerd-shim")
      for (const subject of subjects) subject.shimInDoubt = true;
  }
  return check(round);
}

async function recover({ chain, totals, events }: Round): Promise<void> {
  const mended = await chain.mend();
  if (mended === 0) return;
  totals.recoveries += mended;
  events.follow();
}

async function check(round: Round): Promise<string[]> {
  const { chain, subjects, object, events, left } = round;
  const faults = await Promise.all([
    ...subjects.map((subject) => faultsOf(chain, subject, events)),
    faultsOfObject(chain, object),
  ]);
  const listed = (await chain.api.get<{ Id: string }[]>("/containers/json?all=1")) ?? [];
  const ids = listed.map(({ Id }) => Id);
  const unheard = ids.filter((id) => !events.life(id));
  const complaints = await Promise.all(
    ids.map((id) => chain.api.complaint("DELETE", `/containers/${id}?force=1&v=1`)),
  );
  await events.settled(ids);
  return [
    ...memoryFaults(subjects, events),
    ...faults.flat(),
    ...complaints.filter((complaint) => complaint !== undefined),
    ...unheard.filter((id) => !events.life(id)).map((id) => `no event of container ${id}`),
    ...(await events.faults()),
    ...left.look(ids),
  ];
}
