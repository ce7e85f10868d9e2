/** The command line by which people find the shim of a container. */
import { toArrayBuffer } from "bun:ffi";
import { readSmallFile } from "../linux/fd.ts";

/** Fields of /proc/PID/stat (proc(5)), counted from the state, which is the third. */
const ARG_START = 48 - 3;
const ARG_END = 49 - 3;

/**
 * Puts `id` where the command line has `shown`, in this process's own memory, which is what ps reads. Ids of another
 * length do not fit and leave it as it was. Returns what is shown now.
 */
export function showContainer(shown: string, id: string): string {
  const [from, to] = [Buffer.from(shown), Buffer.from(id)];
  if (from.length !== to.length || shown === id) return shown;
  const stat = readSmallFile("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [start, end] = [Number(fields[ARG_START]), Number(fields[ARG_END])];
  if (!(end > start)) return shown;
  const line = Buffer.from(toArrayBuffer(start as Parameters<typeof toArrayBuffer>[0], 0, end - start));
  const at = line.indexOf(from);
  if (at < 0) return shown;
  to.copy(line, at);
  return id;
}
