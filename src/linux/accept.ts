/** Takes connections of a listening socket that somebody else opened (systemd), by its bare descriptor. */
import { check, libc, prepareErrno, SyscallError } from "./libc.ts";

const F_GETFL = 3;
const F_SETFL = 4;
const F_SETOWN = 8;
const O_NONBLOCK = 0o4000;
const O_ASYNC = 0o20000;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

function open() {
  prepareErrno();
  return libc({
    accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** Makes the kernel send this process SIGIO whenever a connection comes. */
export function signalConnections(listener: number): void {
  check(c().fcntl(listener, F_SETOWN, process.pid), "fcntl(F_SETOWN)");
  const flags = check(c().fcntl(listener, F_GETFL, 0), "fcntl(F_GETFL)");
  check(c().fcntl(listener, F_SETFL, flags | O_NONBLOCK | O_ASYNC), "fcntl(F_SETFL)");
}

/** A connection that waits, close-on-exec and non-blocking; undefined if there is none. */
export function acceptWaiting(listener: number): number | undefined {
  try {
    return check(c().accept4(listener, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept4");
  } catch (error) {
    const again = ["EAGAIN", "ECONNABORTED", "EINTR"];
    if (error instanceof SyscallError && again.includes(error.code)) return undefined;
    throw error;
  }
}
