/**
 * File descriptors and small files without node:fs, which costs a lean process a third of a megabyte.
 * Everything opened here is close-on-exec.
 */
import { faultPoint } from "../files/fault.ts";
import { check, cstring, libc, prepareErrno } from "./libc.ts";

export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FIONREAD = 0x541b;

function openLibrary() {
  prepareErrno();
  return libc({
    open: { args: ["ptr", "i32", "u32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    write: { args: ["i32", "ptr", "u64"], returns: "i64" },
    fsync: { args: ["i32"], returns: "i32" },
    lseek: { args: ["i32", "i64", "i32"], returns: "i64" },
    dup3: { args: ["i32", "i32", "i32"], returns: "i32" },
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    rename: { args: ["ptr", "ptr"], returns: "i32" },
    unlink: { args: ["ptr"], returns: "i32" },
    mkdir: { args: ["ptr", "u32"], returns: "i32" },
    fchown: { args: ["i32", "u32", "u32"], returns: "i32" },
    fchmod: { args: ["i32", "u32"], returns: "i32" },
  });
}

let opened: ReturnType<typeof openLibrary> | undefined;
const c = () => (opened ??= openLibrary());

/** Opens a file, close-on-exec. `mode` counts only with O_CREAT. */
export function openFd(path: string, flags: number, mode = 0): number {
  return check(c().open(cstring(path), flags | O_CLOEXEC, mode), "open", path);
}

/** Closes a descriptor; closing one that is not open is the caller's mistake and goes unnoticed. */
export function closeFd(fd: number): void {
  c().close(fd);
}

/** A copy of the descriptor, close-on-exec, numbered `least` or higher. */
export function dupAbove(fd: number, least: number): number {
  return check(c().fcntl(fd, F_DUPFD_CLOEXEC, least), "dup", String(fd));
}

/** Makes `target` a copy of the descriptor, closing what it was; it stays open over execve. */
export function replaceFd(fd: number, target: number): void {
  check(c().dup3(fd, target, 0), "dup3", `${fd} to ${target}`);
}

/** A pipe, both ends close-on-exec: [read end, write end]. */
export function pipe(flags = 0): [number, number] {
  const pair = new Int32Array(2);
  check(c().pipe2(pair, O_CLOEXEC | flags), "pipe2");
  return [pair[0]!, pair[1]!];
}

/** Reads at most `buffer.length` bytes; 0 at the end. Throws EAGAIN when nothing is there yet. */
export function readFd(fd: number, buffer: Uint8Array): number {
  if (buffer.length === 0) return 0;
  return check(c().read(fd, buffer, buffer.length), "read", String(fd));
}

/** Writes what fits and returns how much that was. */
export function writeFd(fd: number, data: Uint8Array): number {
  if (data.length === 0) return 0;
  return check(c().write(fd, data, data.length), "write", String(fd));
}

/** Switches O_NONBLOCK of the open file description (shared with duplicates). */
export function setNonBlocking(fd: number, on: boolean): void {
  const flags = check(c().fcntl(fd, F_GETFL, 0), "fcntl", String(fd));
  check(c().fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), "fcntl", String(fd));
}

/** How many bytes wait in a pipe, FIFO or socket. */
export function bytesWaiting(fd: number): number {
  const count = new Int32Array(1);
  check(c().ioctl(fd, FIONREAD, count), "FIONREAD", String(fd));
  return count[0]!;
}

/** ioctl with a pointer argument; returns what the call returns. */
export function ioctl(fd: number, request: number, argument: Uint8Array | Uint16Array | Int32Array): number {
  return check(c().ioctl(fd, request, argument), `ioctl 0x${request.toString(16)}`, String(fd));
}

/** The whole of a small file (/proc, cgroup, bundle). */
export function readSmallFile(path: string): string {
  return new TextDecoder().decode(readSmallFileBytes(path));
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
      const grown = new Uint8Array(length * 2);
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
    writeFd(fd, new TextEncoder().encode(text));
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
  unlinkIfThere(temporary);
  const fd = openFd(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  try {
    writeAll(fd, typeof content === "string" ? new TextEncoder().encode(content) : content);
    if (sync) check(c().fsync(fd), "fsync", temporary);
    faultPoint("small-file.rename", path);
    check(c().rename(cstring(temporary), cstring(path)), "rename", path);
  } catch (error) {
    unlinkIfThere(temporary);
    throw error;
  } finally {
    closeFd(fd);
  }
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length; ) done += writeFd(fd, data.subarray(done));
}

/** Creates a folder; one that is already there is fine. */
export function makeFolder(path: string, mode: number): void {
  try {
    check(c().mkdir(cstring(path), mode), "mkdir", path);
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
}

/** Removes a file; one that is not there is fine. Returns whether it was there. */
export function unlinkIfThere(path: string): boolean {
  return c().unlink(cstring(path)) === 0;
}

/** Changes owner and group of an open file. */
export function chownFd(fd: number, uid: number, gid: number): void {
  check(c().fchown(fd, uid, gid), "fchown", String(fd));
}

/** Whether the descriptor is a pipe, FIFO, socket or terminal, that is: has no position to seek to. */
export function isStream(fd: number): boolean {
  return c().lseek(fd, 0, 1) < 0;
}
