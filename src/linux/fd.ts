/**
 * File descriptors and small files without node:fs, which costs a lean process a third of a megabyte.
 * Everything opened here is close-on-exec.
 */
import { faultPoint } from "../files/fault.ts";
import { check, cstring, errno, SyscallError } from "./libc.ts";
import { AT_FDCWD, SYS, syscall } from "./syscall.ts";

export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FIONREAD = 0x541b;
const ENOENT = 2;
const EEXIST = 17;

/** Opens a file, close-on-exec. `mode` counts only with O_CREAT. */
export function openFd(path: string, flags: number, mode = 0): number {
  return check(syscall(SYS.openat, AT_FDCWD, cstring(path), flags | O_CLOEXEC, mode), "open", path);
}

/** Closes a descriptor; closing one that is not open is the caller's mistake and goes unnoticed. */
export function closeFd(fd: number): void {
  syscall(SYS.close, fd);
}

/** A copy of the descriptor, close-on-exec, numbered `least` or higher. */
export function dupAbove(fd: number, least: number): number {
  return check(syscall(SYS.fcntl, fd, F_DUPFD_CLOEXEC, least), "dup", String(fd));
}

/** Makes `target` a copy of the descriptor, closing what it was; it stays open over execve. */
export function replaceFd(fd: number, target: number): void {
  check(syscall(SYS.dup3, fd, target, 0), "dup3", `${fd} to ${target}`);
}

/** A pipe, both ends close-on-exec: [read end, write end]. */
export function pipe(flags = 0): [number, number] {
  const pair = new Int32Array(2);
  check(syscall(SYS.pipe2, pair, O_CLOEXEC | flags), "pipe2");
  return [pair[0]!, pair[1]!];
}

/** Reads at most `buffer.length` bytes; 0 at the end. Throws EAGAIN when nothing is there yet. */
export function readFd(fd: number, buffer: Uint8Array): number {
  if (buffer.length === 0) return 0;
  return check(syscall(SYS.read, fd, buffer, buffer.length), "read", String(fd));
}

/** Writes what fits and returns how much that was. */
export function writeFd(fd: number, data: Uint8Array): number {
  if (data.length === 0) return 0;
  return check(syscall(SYS.write, fd, data, data.length), "write", String(fd));
}

/** Whether programs that are started get the descriptor. */
export function setInherited(fd: number, on: boolean): void {
  check(syscall(SYS.fcntl, fd, F_SETFD, on ? 0 : FD_CLOEXEC), "fcntl", String(fd));
}

/** Switches O_NONBLOCK of the open file description (shared with duplicates). */
export function setNonBlocking(fd: number, on: boolean): void {
  const flags = check(syscall(SYS.fcntl, fd, F_GETFL, 0), "fcntl", String(fd));
  check(syscall(SYS.fcntl, fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), "fcntl", String(fd));
}

/** How many bytes wait in a pipe, FIFO or socket. */
export function bytesWaiting(fd: number): number {
  const count = new Int32Array(1);
  check(syscall(SYS.ioctl, fd, FIONREAD, count), "FIONREAD", String(fd));
  return count[0]!;
}

/** ioctl with a pointer argument; returns what the call returns. */
export function ioctl(fd: number, request: number, argument: Uint8Array | Uint16Array | Int32Array): number {
  return check(syscall(SYS.ioctl, fd, request, argument), `ioctl 0x${request.toString(16)}`, String(fd));
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The whole of a small file (/proc, cgroup, bundle). */
export function readSmallFile(path: string): string {
  return decoder.decode(readSmallFileBytes(path));
}

/** As readSmallFile(), the bytes. */
export function readSmallFileBytes(path: string): Uint8Array {
  const fd = openFd(path, O_RDONLY);
  try {
    return readToEnd(fd);
  } finally {
    closeFd(fd);
  }
}

/** Reads until the end; the descriptor stays open. */
export function readToEnd(fd: number): Uint8Array {
  let buffer = new Uint8Array(4096);
  let length = 0;
  for (;;) {
    if (length === buffer.length) {
      const grown = new Uint8Array(length * 4);
      grown.set(buffer);
      buffer = grown;
    }
    const n = readFd(fd, buffer.subarray(length));
    if (n === 0) return buffer.subarray(0, length);
    length += n;
  }
}

/** Writes into an existing file such as a cgroup or /proc control in a single write(2). */
export function writeControlFile(path: string, text: string): void {
  const fd = openFd(path, O_WRONLY);
  try {
    writeFd(fd, encoder.encode(text));
  } finally {
    closeFd(fd);
  }
}

/**
 * Replaces a small file so that a crash leaves the old content or the new one: temporary name, fsync, rename.
 * Without `sync` that holds for the death of any process, not of the machine.
 */
export function replaceSmallFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  { sync } = { sync: true },
): void {
  const slash = path.lastIndexOf("/") + 1;
  const temporary = `${path.slice(0, slash)}.${path.slice(slash)}.${process.pid}`;
  const fd = openNew(temporary, mode);
  try {
    writeAll(fd, typeof content === "string" ? encoder.encode(content) : content);
    if (sync) check(syscall(SYS.fsync, fd), "fsync", temporary);
    faultPoint("small-file.rename", path);
    check(syscall(SYS.renameat2, AT_FDCWD, cstring(temporary), AT_FDCWD, cstring(path)), "rename", path);
  } catch (error) {
    unlinkIfThere(temporary);
    throw error;
  } finally {
    closeFd(fd);
  }
}

/** A new file for writing; what a process with our id has left under that name goes. */
function openNew(path: string, mode: number): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const fd = syscall(SYS.openat, AT_FDCWD, cstring(path), flags, mode);
  if (fd >= 0) return fd;
  if (errno() !== EEXIST) return check(fd, "open", path);
  unlinkIfThere(path);
  return openFd(path, flags, mode);
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeFd(fd, data.subarray(done));
}

/** Creates a folder; one that is already there is fine. */
export function makeFolder(path: string, mode: number): void {
  const made = syscall(SYS.mkdirat, AT_FDCWD, cstring(path), mode);
  if (made < 0 && errno() !== EEXIST) check(made, "mkdir", path);
}

/** As makeFolder(), but returns false where the folder above it is not there. */
export function makeFolderIn(path: string, mode: number): boolean {
  const made = syscall(SYS.mkdirat, AT_FDCWD, cstring(path), mode);
  if (made === 0) return true;
  const error = errno();
  if (error === ENOENT) return false;
  if (error !== EEXIST) throw new SyscallError("mkdir", error, path);
  return true;
}

/** Removes a file; one that is not there is fine. Returns whether it was there. */
export function unlinkIfThere(path: string): boolean {
  return syscall(SYS.unlinkat, AT_FDCWD, cstring(path)) === 0;
}

/** Changes owner and group of an open file. */
export function chownFd(fd: number, uid: number, gid: number): void {
  check(syscall(SYS.fchown, fd, uid, gid), "fchown", String(fd));
}

/** Whether the descriptor is a pipe, FIFO, socket or terminal, that is: has no position to seek to. */
export function isStream(fd: number): boolean {
  return syscall(SYS.lseek, fd, 0, 1) < 0;
}
