import { fstatSync } from "node:fs";
import { libc } from "../../linux/libc.ts";

/** /dev/null, /dev/zero and their like. */
const MEMORY_DEVICES = 1;
const majorOf = (device: number) => (device >> 8) & 0xfff;

const known = new Map<number, boolean>();

/**
 * Whether the descriptor is a terminal; asked for once. Most often its type says that it is none: node:tty takes 3 ms
 * to load and bun:ffi one, which a short command would feel.
 */
export function isTerminal(fd: number): boolean {
  let answer = known.get(fd);
  if (answer === undefined) {
    answer = mayBeTerminal(fd) && libc({ isatty: { args: ["i32"], returns: "i32" } }).isatty(fd) === 1;
    known.set(fd, answer);
  }
  return answer;
}

function mayBeTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && majorOf(stat.rdev) !== MEMORY_DEVICES;
  } catch {
    return false;
  }
}
