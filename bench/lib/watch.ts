/** What an engine does to the machine while it works: time, processor time, memory, and how quickly it answers. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { familyOf, megabytes, privateBytes } from "./memory.ts";

/** What was seen while an engine worked. */
export interface Watched {
  milliseconds: number;
  /** Processor time of the daemon and its children that have ended or still run, milliseconds. */
  processor: number;
  /** Greatest private memory of the daemon and its children, MB. */
  megabytes: number;
  /** Milliseconds that each `_ping` and each listing of containers took. */
  pings: number[];
  lists: number[];
}

const PING_MS = 10;
/** Reading a process's memory holds it up for a moment, so it is not done with each ping. */
const MEMORY_MS = 100;
const CLOCK_TICKS = 100;

/** Milliseconds until the whole answer is there, on a new connection. */
function ask(socketPath: string, path: string): Promise<number> {
  const start = performance.now();
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path, agent: false }, (answer) => {
      answer.resume();
      answer.on("end", () => done(performance.now() - start));
    });
    asked.on("error", fail);
    asked.end();
  });
}

/** User and system time of a process and its ended children, milliseconds (proc_pid_stat(5)). */
function processorTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /, "")
      .split(" ");
    return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / CLOCK_TICKS;
  } catch {
    return 0;
  }
}

const sumOver = (pid: number, of: (pid: number) => number) =>
  familyOf(pid).reduce((sum, member) => sum + of(member), 0);

/** Does the work and looks on. `socket` is that of the daemon with this pid. */
export async function watch(
  { pid, socket }: { pid: number; socket: string },
  work: () => Promise<void>,
): Promise<Watched> {
  const seen: Watched = { milliseconds: 0, processor: 0, megabytes: 0, pings: [], lists: [] };
  const before = sumOver(pid, processorTime);
  let working = true;
  const asking = (async () => {
    while (working) {
      seen.pings.push(await ask(socket, "/_ping"));
      seen.lists.push(await ask(socket, "/containers/json?all=1"));
      await Bun.sleep(PING_MS);
    }
  })();
  const weighing = (async () => {
    while (working) {
      seen.megabytes = Math.max(seen.megabytes, megabytes(sumOver(pid, privateBytes)));
      await Bun.sleep(MEMORY_MS);
    }
  })();
  const start = performance.now();
  try {
    await work();
    seen.milliseconds = performance.now() - start;
  } finally {
    working = false;
    await Promise.all([asking, weighing]);
  }
  seen.processor = sumOver(pid, processorTime) - before;
  return seen;
}

/** The value that `share` of all are below. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
