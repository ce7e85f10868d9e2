import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** The kernel counts CPU time for user space in hundredths of a second. */
const NANOS_PER_TICK = 10_000_000;
/** user, nice, system, idle, iowait, irq, softirq: what has been spent since boot, idle time included. */
const COUNTED_FIELDS = 7;

export interface HostUsage {
  /** Nanoseconds over all processors. */
  cpu: number;
  cpus: number;
  /** Bytes. */
  memory: number;
}

/** What the whole machine has used and has, against which a container's share is computed. */
export function hostUsage(): HostUsage {
  return { ...parseProcStat(readFileSync("/proc/stat", "utf8")), memory: totalmem() };
}

/** The "cpu" line of /proc/stat, and how many processors have one of their own. */
export function parseProcStat(text: string): { cpu: number; cpus: number } {
  const [first = "", ...lines] = text.split("\n");
  const fields = first
    .trim()
    .split(/\s+/)
    .slice(1, 1 + COUNTED_FIELDS);
  const ticks = fields.reduce((sum, field) => sum + Number(field), 0);
  return { cpu: ticks * NANOS_PER_TICK, cpus: lines.filter((line) => /^cpu\d/.test(line)).length };
}
