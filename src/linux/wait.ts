/** waitpid(2): what became of a child. */
import { errno } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

const WNOHANG = 1;
const ECHILD = 10;
const EINTR = 4;

export interface ExitedChild {
  pid: number;
  /** Exit code, or 128 + signal number, as shells and Docker count. */
  status: number;
}

/** The exit code from a wait status: the code itself, or 128 + the signal that killed the process. */
function exitCodeOf(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}

/** Reaps one dead child (of the given pid, or any for -1); undefined when none is dead. Never blocks. */
export function reapOne(pid = -1): ExitedChild | undefined {
  const status = new Int32Array(1);
  for (;;) {
    const reaped = syscall(SYS.wait4, pid, status, WNOHANG);
    if (reaped > 0) return { pid: reaped, status: exitCodeOf(status[0]!) };
    if (reaped === 0) return undefined;
    const error = errno();
    if (error === ECHILD) return undefined;
    if (error !== EINTR) throw new Error(`waitpid: errno ${error}`);
  }
}

/** Waits for a child in a blocking way: for short-lived helpers of a command line program only. */
export function waitFor(pid: number): number {
  const status = new Int32Array(1);
  while (syscall(SYS.wait4, pid, status, 0) < 0) {
    if (errno() !== EINTR) return -1;
  }
  return exitCodeOf(status[0]!);
}
