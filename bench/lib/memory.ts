/** Memory that belongs to processes alone, from /proc/PID/smaps_rollup. */
import { readdirSync, readFileSync } from "node:fs";

/** Bytes that a process alone has written to, which no file backs; 0 when it has ended. */
export function privateBytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The processes whose command line names all of `words`. */
export function processesNaming(...words: string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return words.every((word) => line.includes(word));
      } catch {
        return false;
      }
    });
}

/** A process and all that descends from it. */
export function familyOf(pid: number): number[] {
  const children = processChildren(pid);
  return [pid, ...children.flatMap(familyOf)];
}

function processChildren(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
