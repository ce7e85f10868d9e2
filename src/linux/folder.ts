/** Folders and links without node:fs, whose loading costs a short-lived program a millisecond. */
import { closeFd, O_RDONLY, openFd } from "./fd.ts";
import { check, cstring, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

const SYS_GETDENTS64 = process.arch === "arm64" ? 61 : 217;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const DT_DIR = 4;
const PATH_MAX = 4096;

function open() {
  prepareErrno();
  return libc({
    syscall: { args: ["i64", "i64", "ptr", "u64"], returns: "i64" },
    rmdir: { args: ["ptr"], returns: "i32" },
    readlink: { args: ["ptr", "ptr", "u64"], returns: "i64" },
    realpath: { args: ["ptr", "ptr"], returns: "ptr" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

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
      const got = check(c().syscall(SYS_GETDENTS64, fd, buffer, buffer.length), "getdents64", path);
      if (got === 0) return entries;
      parse(buffer.subarray(0, got), entries);
    }
  } finally {
    closeFd(fd);
  }
}

/** Removes an empty folder. Throws ENOENT, ENOTEMPTY, EBUSY. */
export function removeFolder(path: string): void {
  check(c().rmdir(cstring(path)), "rmdir", path);
}

/** Where a link leads, as it is written in it. */
export function readLink(path: string): string {
  const target = new Uint8Array(PATH_MAX);
  const length = check(c().readlink(cstring(path), target, target.length), "readlink", path);
  return new TextDecoder().decode(target.subarray(0, length));
}

/** The absolute path without links. Throws ENOENT when it leads nowhere. */
export function realPath(path: string): string {
  const resolved = new Uint8Array(PATH_MAX);
  const name = cstring(path);
  const result = c().realpath(name, resolved);
  if (result === null || Number(result) === 0) check(-1, "realpath", path);
  if (ptr(name) === 0) throw new SyscallError("realpath", 14, path);
  return new TextDecoder().decode(resolved.subarray(0, resolved.indexOf(0)));
}
