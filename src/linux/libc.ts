/**
 * The C library through bun:ffi: the ground that the other files of this folder stand on.
 *
 * Each file here opens the few symbols it needs by `libc({...})` (cached for the process) and turns a
 * failed call into a SyscallError right away, because the next call may overwrite errno.
 */
import { dlopen, type FFIFunction, type Pointer, ptr, read } from "bun:ffi";
import { errnoName } from "./errno.ts";

const LIBC = "libc.so.6";

/** A failed system call; `code` is the errno name, as node's own errors have it. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject?: string) {
    const code = errnoName(errno);
    super(`${syscall}${subject === undefined ? "" : ` ${subject}`}: ${code}`);
    this.name = "SyscallError";
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Opens symbols of the C library. Call it once a file, lazily, and keep the result. */
export function libc<const Fns extends Record<string, FFIFunction>>(symbols: Fns) {
  return dlopen(LIBC, symbols).symbols;
}

let errnoAddress: Pointer | undefined;

/** Where this thread's errno is, for whoever has opened more symbols in the same go. */
export function setErrnoAddress(address: Pointer): void {
  errnoAddress = address;
}

/** errno of this thread's last failed call; only right directly after it. */
export function errno(): number {
  errnoAddress ??= libc({ __errno_location: { args: [], returns: "ptr" } }).__errno_location() as Pointer;
  return read.i32(errnoAddress);
}

/** Must run once before the first failing call is examined, so that reading errno makes no calls of its own. */
export function prepareErrno(): void {
  errno();
}

/** Returns `result` unless it is negative; then throws what errno says. */
export function check(result: number | bigint, syscall: string, subject?: string): number {
  if (result < 0) throw new SyscallError(syscall, errno(), subject);
  return Number(result);
}

const encoder = new TextEncoder();

/** A NUL-terminated C string. Keep the buffer referenced until the call has returned. */
export function cstring(text: string): Uint8Array {
  if (text.includes("\0")) throw new SyscallError("cstring", 22, JSON.stringify(text));
  // Not Buffer: loading it costs a lean process 76 kB.
  return encoder.encode(`${text}\0`);
}

export { ptr };
