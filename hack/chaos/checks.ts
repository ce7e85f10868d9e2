/** What must hold after a round, when everything runs again. */
import type { ChaosChain } from "./chain.ts";
import type { Subject } from "./containers.ts";
import type { EventLog } from "./events.ts";

const KILLED = 137;

interface Seen {
  status: string;
  code: number;
}

function look(chain: ChaosChain, name: string): Seen | undefined {
  const { code, output } = chain.docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name);
  const [status = "", exit = ""] = output.trim().split(" ");
  return code === 0 ? { status, code: Number(exit) } : undefined;
}

/** Numbered lines: none missing, none twice, in order. Returns what is wrong. */
export function faultsInLines(text: string, whole: number | undefined): string[] {
  const numbers = text
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(/^line (\d+)$/.exec(line)?.[1] ?? Number.NaN));
  const wrong = numbers.findIndex((number, i) => number !== i + 1);
  if (wrong >= 0) return [`log: line ${wrong + 1} reads ${text.split("\n")[wrong]}`];
  return whole !== undefined && numbers.length !== whole ? [`log: ${numbers.length} lines of ${whole}`] : [];
}

/** Waits until a container that ends by itself has ended. */
export async function settle(chain: ChaosChain, subject: Subject): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const seen = look(chain, subject.name);
    if (!seen || seen.status === "exited" || seen.status === "created" || seen.status === "dead") return;
    if (subject.lines === 0 && !subject.shimKilled && seen.status === "running") return;
    await Bun.sleep(50);
  }
}

/** Faults of one container, each a sentence. */
export function faultsOf(chain: ChaosChain, subject: Subject, events: EventLog): string[] {
  const { name, lines, code } = subject;
  const seen = look(chain, name);
  const faults: string[] = [];
  if (!seen) return subject.acknowledged ? [`${name} is lost: docker run had said that it runs`] : [];
  if (!subject.acknowledged && seen.status === "created") return [];
  const log = chain.docker("logs", name).output;
  if (subject.shimKilled || (subject.shimInDoubt && seen.code === KILLED)) {
    const fine = seen.status === "exited" && (seen.code === KILLED || seen.code === code);
    if (!fine) faults.push(`${name}: its shim was killed: ${seen.status} ${seen.code}`);
    faults.push(...faultsInLines(log, undefined).map((text) => `${name}: ${text}`));
  } else if (lines === 0) {
    if (seen.status !== "running") faults.push(`${name} should run: ${seen.status} ${seen.code}`);
    else faults.push(...stopFaults(chain, subject));
  } else if (subject.acknowledged) {
    if (seen.status !== "exited" || seen.code !== code)
      faults.push(`${name} should have ended with ${code}: ${seen.status} ${seen.code}`);
    faults.push(...faultsInLines(log, lines).map((text) => `${name}: ${text}`));
  }
  const died = events.count(name, "die");
  if (died > 1) faults.push(`${name}: ${died} die events`);
  const destroyed = events.count(name, "destroy");
  if (destroyed > 1) faults.push(`${name}: ${destroyed} destroy events`);
  return faults;
}

/** A container without end: it answers, ends as it is told, and has said every line once. */
function stopFaults(chain: ChaosChain, { name, code }: Subject): string[] {
  const exec = chain.docker("exec", name, "echo", "alive");
  const faults = exec.output === "alive\n" ? [] : [`${name}: exec: ${exec.code} ${exec.output.trim()}`];
  const stop = chain.docker("stop", "-t", "5", name);
  if (stop.code !== 0) faults.push(`${name}: stop: ${stop.output.trim()}`);
  const seen = look(chain, name);
  if (seen?.status !== "exited" || seen.code !== code)
    faults.push(`${name} should have stopped with ${code}: ${seen?.status} ${seen?.code}`);
  faults.push(
    ...faultsInLines(chain.docker("logs", name).output, undefined).map((text) => `${name}: ${text}`),
  );
  return faults;
}
