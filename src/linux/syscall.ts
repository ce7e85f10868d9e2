/**
 * System calls by number, through the one symbol syscall(3) of the C library. Each symbol that a program opens costs it
 * some 10 µs at its start, and docker-runc would need forty.
 */
import { FFIType, type Pointer } from "bun:ffi";
import { libc, setErrnoAddress } from "./libc.ts";

const X64 = {
  read: 0,
  write: 1,
  close: 3,
  lseek: 8,
  ioctl: 16,
  sendto: 44,
  recvmsg: 47,
  socketpair: 53,
  wait4: 61,
  kill: 62,
  fcntl: 72,
  fsync: 74,
  fchmod: 91,
  fchown: 93,
  prctl: 157,
  getdents64: 217,
  openat: 257,
  mkdirat: 258,
  mknodat: 259,
  unlinkat: 263,
  readlinkat: 267,
  faccessat: 269,
  ppoll: 271,
  dup3: 292,
  pipe2: 293,
  renameat2: 316,
  seccomp: 317,
  memfd_create: 319,
  pidfd_send_signal: 424,
  pidfd_open: 434,
} as const;

type Name = keyof typeof X64;

const ARM64: Readonly<Record<Name, number>> = {
  dup3: 24,
  fcntl: 25,
  ioctl: 29,
  mknodat: 33,
  mkdirat: 34,
  unlinkat: 35,
  faccessat: 48,
  fchmod: 52,
  fchown: 55,
  openat: 56,
  close: 57,
  pipe2: 59,
  getdents64: 61,
  lseek: 62,
  read: 63,
  write: 64,
  ppoll: 73,
  readlinkat: 78,
  fsync: 82,
  kill: 129,
  prctl: 167,
  socketpair: 199,
  sendto: 206,
  recvmsg: 212,
  wait4: 260,
  renameat2: 276,
  seccomp: 277,
  memfd_create: 279,
  pidfd_send_signal: 424,
  pidfd_open: 434,
};

/** The calls' numbers on this processor (asm/unistd_64.h, asm-generic/unistd.h). */
export const SYS: Readonly<Record<Name, number>> = process.arch === "arm64" ? ARM64 : X64;

/** For paths that count from the working folder. */
export const AT_FDCWD = -100;

type Argument = number | NodeJS.TypedArray | DataView;

let call: ((number: number, ...args: Argument[]) => number) | undefined;

function open(): NonNullable<typeof call> {
  const { syscall, __errno_location: location } = libc({
    syscall: { args: ["i64", "ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: FFIType.i64_fast },
    __errno_location: { args: [], returns: "ptr" },
  });
  setErrnoAddress(location() as Pointer);
  return syscall as unknown as NonNullable<typeof call>;
}

/** What the kernel returns, or -1: then errno() of libc.ts says why, if it is asked at once. */
export function syscall(
  number: number,
  a: Argument = 0,
  b: Argument = 0,
  c: Argument = 0,
  d: Argument = 0,
  e: Argument = 0,
): number {
  call ??= open();
  return call(number, a, b, c, d, e, 0);
}
