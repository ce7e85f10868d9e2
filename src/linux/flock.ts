import { closeSync, openSync } from "node:fs";
import { check, libc, prepareErrno, SyscallError } from "./libc.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

let symbols: ReturnType<typeof open> | undefined;
function open() {
  prepareErrno();
  return libc({ flock: { args: ["i32", "i32"], returns: "i32" } });
}

/**
 * Locks a file or folder for this process; the kernel lets go of it when the process ends, however it ends.
 * Returns the function that unlocks, or undefined if another process holds it. Errors: ENOENT and the like.
 */
export function tryLock(path: string): (() => void) | undefined {
  symbols ??= open();
  const fd = openSync(path, "r");
  try {
    check(symbols.flock(fd, LOCK_EX | LOCK_NB), "flock", path);
    return () => closeSync(fd);
  } catch (error) {
    closeSync(fd);
    if (error instanceof SyscallError && error.code === "EAGAIN") return undefined;
    throw error;
  }
}
