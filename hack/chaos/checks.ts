/** What must hold after a round, when everything runs again. */
import { unframed } from "./api.ts";
import type { ChaosChain } from "./chain.ts";
import type { Subject } from "./containers.ts";
import type { EventLog } from "./events.ts";

/** What may be said of the end of a container whose shim was killed: that it was killed, or that nobody saw it. */
const KILLED = [137, 255];
const SETTLE_MS = 20_000;

interface Seen {
  id: string;
  status: string;
  code: number;
}

async function look(chain: ChaosChain, name: string): Promise<Seen | undefined> {
  type Inspected = { Id: string; State: { Status: string; ExitCode: number } };
  const found = await chain.api.get<Inspected>(`/containers/${name}/json`);
  return found && { id: found.Id, status: found.State.Status, code: found.State.ExitCode };
}

const logOf = async (chain: ChaosChain, name: string) =>
  unframed((await chain.api.send("GET", `/containers/${name}/logs?stdout=1&stderr=1`)).body);

/** Numbered lines: none missing, none twice, in order. Returns what is wrong. */
function faultsInLines(text: string, whole: number | undefined): string[] {
  const numbers = text
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(/^line (\d+)$/.exec(line)?.[1] ?? Number.NaN));
  const wrong = numbers.findIndex((number, i) => number !== i + 1);
  if (wrong >= 0) return [`log: line ${wrong + 1} reads ${text.split("\n")[wrong]}`];
  return whole !== undefined && numbers.length !== whole ? [`log: ${numbers.length} lines of ${whole}`] : [];
}

/** Waits until a container that ends by itself has ended, and is removed if it is to be. */
async function settle(chain: ChaosChain, subject: Subject): Promise<Seen | undefined> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const seen = await look(chain, subject.name);
    const isEndless = subject.lines === 0 && !subject.shimKilled;
    const leaving = seen?.status === "removing" || (subject.autoRemove && seen?.status === "exited");
    const settled = seen?.status !== "running" && !leaving;
    if (!seen || settled || isEndless || Date.now() > deadline) return seen;
    await Bun.sleep(20);
  }
}

/** Faults of one container, each a sentence. */
export async function faultsOf(chain: ChaosChain, subject: Subject, events: EventLog): Promise<string[]> {
  const seen = await settle(chain, subject);
  const faults = await endFaults(chain, subject, seen, events);
  return faults.map((fault) => `${subject.name}: ${fault}`);
}

async function endFaults(
  chain: ChaosChain,
  subject: Subject,
  seen: Seen | undefined,
  events: EventLog,
): Promise<string[]> {
  const { name, code, acknowledged, autoRemove, shimKilled, shimInDoubt } = subject;
  const mayBeKilled = shimKilled || shimInDoubt;
  if (!seen) {
    if (!acknowledged) return [];
    if (!autoRemove) return ["is lost: docker run had said that it runs"];
    return codeToldFaults(subject, events, mayBeKilled);
  }
  if (!acknowledged && seen.status === "created") return [];
  if (shimKilled || (shimInDoubt && KILLED.includes(seen.code))) {
    const fine = seen.status === "exited" && (KILLED.includes(seen.code) || seen.code === code);
    const lines = faultsInLines(await logOf(chain, name), undefined);
    return [...(fine ? [] : [`its shim was killed: ${seen.status} ${seen.code}`]), ...lines];
  }
  if (subject.lines === 0) {
    if (seen.status !== "running") return [`should run: ${seen.status} ${seen.code}`];
    return stopFaults(chain, subject, events);
  }
  if (seen.status !== "exited" || seen.code !== code)
    return [`should have ended with ${code}: ${seen.status} ${seen.code}`];
  return faultsInLines(await logOf(chain, name), subject.lines);
}

/** The engine has removed it: what it ended with is known from its event alone. */
async function codeToldFaults(
  { name, code }: Subject,
  events: EventLog,
  mayBeKilled: boolean,
): Promise<string[]> {
  await events.gone(name);
  const codes = events.named(name).flatMap((life) => life.codes);
  if (codes.length === 1 && (codes[0] === code || (mayBeKilled && KILLED.includes(codes[0]!)))) return [];
  return [`ended with ${code}, and events told ${codes.join(", ") || "nothing"}`];
}

/** A container without end: it answers, ends as it is told, and has said every line once. */
async function stopFaults(
  chain: ChaosChain,
  { name, code, exec: earlier }: Subject,
  events: EventLog,
): Promise<string[]> {
  const exec = await chain.docker("exec", name, "echo", "alive");
  const faults = exec.stdout === "alive\n" ? [] : [`exec: ${exec.code} ${exec.stderr.trim()}`];
  if (earlier) {
    const told = await events.execEnded(name, earlier.id);
    if (told !== earlier.code) faults.push(`exec should have ended with ${earlier.code}: ${told}`);
  }
  const complaint = await chain.api.complaint("POST", `/containers/${name}/stop?t=5`);
  if (complaint !== undefined) faults.push(complaint);
  const seen = await look(chain, name);
  if (seen?.status !== "exited" || seen.code !== code)
    faults.push(`should have stopped with ${code}: ${seen?.status} ${seen?.code}`);
  return [...faults, ...faultsInLines(await logOf(chain, name), undefined)];
}

/** Whoever ran out of memory and lived to say its own exit code was told to have, once. */
export function memoryFaults(subjects: readonly Subject[], events: EventLog): string[] {
  return subjects
    .filter(({ outOfMemory }) => outOfMemory)
    .flatMap(({ name, code }) => events.named(name).map((life) => ({ name, code, life })))
    .filter(({ code, life }) => life.codes.includes(code) && life.ooms !== 1)
    .map(({ name, life }) => `${name}: ran out of memory once, and ${life.ooms} events told of it`);
}
