/** What an engine does to the machine while it works: time, processor time, memory, and how quickly it answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Asked } from "./ask.ts";
import { familyOf } from "./memory.ts";

/** What was seen while an engine worked. */
export interface Watched extends Asked {
  milliseconds: number;
  /** Processor time of the daemon and its children that have ended or still run, milliseconds. */
  processor: number;
}

const CLOCK_TICKS = 100;

/** A process that asks and weighs the daemon all the time; the result ends it and gives what it saw. */
async function startAsking(pid: number, socket: string): Promise<() => Promise<Asked>> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "ask.ts"), String(pid), socket], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = linesOf(child.stdout);
  await lines.next();
  return async () => {
    await child.stdin.end();
    return JSON.parse((await lines.next()).value ?? "") as Asked;
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
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
  const stopAsking = await startAsking(pid, socket);
  const before = sumOver(pid, processorTime);
  const start = performance.now();
  try {
    await work();
    seen.milliseconds = performance.now() - start;
  } finally {
    Object.assign(seen, await stopAsking());
  }
  seen.processor = sumOver(pid, processorTime) - before;
  return seen;
}

/** The value that `share` of all are below. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
