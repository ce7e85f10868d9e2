import { writeAtomic } from "../files/atomic.ts";

/** Writes a process id where the caller asked for it; the file appears whole. */
export function writePidFile(path: string, pid: number): void {
  writeAtomic(path, String(pid), { durability: "crash" });
}
