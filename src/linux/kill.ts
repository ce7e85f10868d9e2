/** Signals to processes. */
import { check, errno, SyscallError } from "./libc.ts";
import { SYS, syscall } from "./syscall.ts";

const ESRCH = 3;

/** kill(2). Returns false when there is no such process; throws for other errors. */
export function kill(pid: number, signal: number): boolean {
  if (syscall(SYS.kill, pid, signal) === 0) return true;
  const error = errno();
  if (error === ESRCH) return false;
  throw new SyscallError("kill", error, String(pid));
}

/** A descriptor of the process, close-on-exec; throws ESRCH when it is gone. */
export function openPidfd(pid: number): number {
  return check(syscall(SYS.pidfd_open, pid, 0), "pidfd_open", String(pid));
}

/** Signals the process that the descriptor is of, never a later one with its id. False when it is gone. */
export function killPidfd(pidfd: number, signal: number): boolean {
  if (syscall(SYS.pidfd_send_signal, pidfd, signal) === 0) return true;
  const error = errno();
  if (error === ESRCH) return false;
  throw new SyscallError("pidfd_send_signal", error);
}
