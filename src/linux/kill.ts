/** Signals to processes. */
import { check, errno, libc, prepareErrno, SyscallError } from "./libc.ts";

const ESRCH = 3;

/** kill(2). Returns false when there is no such process; throws for other errors. */
export function kill(pid: number, signal: number): boolean {
  prepareErrno();
  const { kill } = libc({ kill: { args: ["i32", "i32"], returns: "i32" } });
  if (kill(pid, signal) === 0) return true;
  const error = errno();
  if (error === ESRCH) return false;
  throw new SyscallError("kill", error, String(pid));
}

const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

/** A descriptor of the process, close-on-exec; throws ESRCH when it is gone. */
export function openPidfd(pid: number): number {
  prepareErrno();
  const { syscall } = libc({ syscall: { args: ["i64", "i64", "i64"], returns: "i64" } });
  return check(syscall(SYS_PIDFD_OPEN, pid, 0), "pidfd_open", String(pid));
}

/** Signals the process that the descriptor is of, never a later one with its id. False when it is gone. */
export function killPidfd(pidfd: number, signal: number): boolean {
  prepareErrno();
  const { syscall } = libc({ syscall: { args: ["i64", "i64", "i64", "ptr", "u32"], returns: "i64" } });
  if (Number(syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, null, 0)) === 0) return true;
  const error = errno();
  if (error === ESRCH) return false;
  throw new SyscallError("pidfd_send_signal", error);
}
