/** Folders and links without node:fs, whose loading costs a short-lived program a millisecond. */
import { closeFd, O_RDONLY, openFd } from "./fd.ts";
import { check, cstring, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";
import { AT_FDCWD, SYS, syscall } from "./syscall.ts";

const AT_REMOVEDIR = 0x200;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const DT_DIR = 4;
const PATH_MAX = 4096;

type RealPath = (path: Uint8Array, resolved: Uint8Array) => unknown;
let realpath: RealPath | undefined;

function openRealpath(): RealPath {
  prepareErrno();
  return libc({ realpath: { args: ["ptr", "ptr"], returns: "ptr" } }).realpath;
}

export interface FolderEntry {
  name: string;
  isFolder: boolean;
}

function parse(bytes: Uint8Array, into: FolderEntry[]): void {
  // struct linux_dirent64: u64 ino, i64 offset, u16 length, u8 type, name.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += view.getUint16(at + 16, true)) {
    const name = bytes.subarray(at + 19, bytes.indexOf(0, at + 19));
    const text = new TextDecoder().decode(name);
    if (text !== "." && text !== "..") into.push({ name: text, isFolder: bytes[at + 18] === DT_DIR });
  }
}

/** What is in a folder, in no order. Throws ENOENT and its kin. */
export function listFolder(path: string): FolderEntry[] {
  const fd = openFd(path, O_RDONLY | O_DIRECTORY);
  const buffer = new Uint8Array(16384);
  const entries: FolderEntry[] = [];
  try {
    for (;;) {
      const got = check(syscall(SYS.getdents64, fd, buffer, buffer.length), "getdents64", path);
      if (got === 0) return entries;
      parse(buffer.subarray(0, got), entries);
    }
  } finally {
    closeFd(fd);
  }
}

/** Removes an empty folder. Throws ENOENT, ENOTEMPTY, EBUSY. */
export function removeFolder(path: string): void {
  check(syscall(SYS.unlinkat, AT_FDCWD, cstring(path), AT_REMOVEDIR), "rmdir", path);
}

/** As removeFolder(), but returns false instead of throwing: for those for whom it may be in use, or gone. */
export function removeFolderIfEmpty(path: string): boolean {
  return syscall(SYS.unlinkat, AT_FDCWD, cstring(path), AT_REMOVEDIR) === 0;
}

/** Where a link leads, as it is written in it. */
export function readLink(path: string): string {
  const target = new Uint8Array(PATH_MAX);
  const length = check(
    syscall(SYS.readlinkat, AT_FDCWD, cstring(path), target, target.length),
    "readlink",
    path,
  );
  return new TextDecoder().decode(target.subarray(0, length));
}

/** The absolute path without links. Throws ENOENT when it leads nowhere. */
export function realPath(path: string): string {
  const resolved = new Uint8Array(PATH_MAX);
  const name = cstring(path);
  realpath ??= openRealpath();
  const result = realpath(name, resolved);
  if (result === null || Number(result) === 0) check(-1, "realpath", path);
  if (ptr(name) === 0) throw new SyscallError("realpath", 14, path);
  return new TextDecoder().decode(resolved.subarray(0, resolved.indexOf(0)));
}
