/** /proc/PID/stat: what a process is and when it began. */
import { readSmallFile } from "./fd.ts";

export interface ProcessStat {
  /** R, S, D, T, Z (zombie), X (dead). */
  state: string;
  /** Clock ticks since boot. */
  startTime: string;
}

/** Undefined when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readSmallFile(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0]!, startTime: fields[19]! };
}
