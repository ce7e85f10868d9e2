import { replaceSmallFile } from "../linux/fd.ts";

/** Writes a process id where the caller asked for it; the file appears whole. */
export function writePidFile(path: string, pid: number): void {
  replaceSmallFile(path, String(pid), 0o644, { sync: false });
}
