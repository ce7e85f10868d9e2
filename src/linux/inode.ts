/** Making and marking inodes where node:fs has no call: device nodes, FIFOs, extended attributes, times of links. */
import { check, cstring, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;

let symbols: ReturnType<typeof open> | undefined;
function open() {
  prepareErrno();
  return libc({
    mknod: { args: ["ptr", "u32", "u64"], returns: "i32" },
    lsetxattr: { args: ["ptr", "ptr", "ptr", "u64", "i32"], returns: "i32" },
    lgetxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: "i64" },
    llistxattr: { args: ["ptr", "ptr", "u64"], returns: "i64" },
    utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  });
}
const c = () => (symbols ??= open());

/** Linux's encoding of a device number (makedev(3)). */
export function makeDevice(major: number, minor: number): bigint {
  const [a, b] = [BigInt(major), BigInt(minor)];
  return ((a & 0xfffff000n) << 32n) | ((a & 0xfffn) << 8n) | ((b & 0xffffff00n) << 12n) | (b & 0xffn);
}

/** mknod(2); `mode` has the type (S_IFCHR...) and the permissions. */
export function makeNode(path: string, mode: number, device = 0n): void {
  const name = cstring(path);
  check(c().mknod(ptr(name), mode, device), "mknod", path);
}

/** lsetxattr(2). */
export function setXattr(path: string, name: string, value: Uint8Array): void {
  const [p, n] = [cstring(path), cstring(name)];
  const at = value.length === 0 ? null : ptr(value);
  check(c().lsetxattr(ptr(p), ptr(n), at, BigInt(value.length), 0), "setxattr", `${name} of ${path}`);
}

/** lgetxattr(2); undefined if the attribute, or the file system's support of any, is not there. */
export function getXattr(path: string, name: string): Buffer | undefined {
  const [p, n] = [cstring(path), cstring(name)];
  for (let room = 256; ; room *= 16) {
    const value = Buffer.alloc(room);
    try {
      const length = check(
        c().lgetxattr(ptr(p), ptr(n), ptr(value), BigInt(room)),
        "getxattr",
        `${name} of ${path}`,
      );
      return value.subarray(0, length);
    } catch (error) {
      const code = error instanceof SyscallError ? error.code : "";
      if (code === "ENODATA" || code === "EOPNOTSUPP") return undefined;
      if (code !== "ERANGE" || room > 1 << 20) throw error;
    }
  }
}

/** Names of a file's extended attributes. */
export function listXattrs(path: string): string[] {
  const p = cstring(path);
  for (let room = 256; ; room *= 16) {
    const names = Buffer.alloc(room);
    try {
      const length = check(c().llistxattr(ptr(p), ptr(names), BigInt(room)), "listxattr", path);
      return names.toString("utf8", 0, length).split("\0").filter(Boolean);
    } catch (error) {
      const code = error instanceof SyscallError ? error.code : "";
      if (code === "EOPNOTSUPP") return [];
      if (code !== "ERANGE" || room > 1 << 20) throw error;
    }
  }
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Sets access and modification time, seconds since 1970 with a fraction, of the path itself, link or not. */
export function setTimes(path: string, seconds: number): void {
  const whole = Math.floor(seconds);
  const nanos = BigInt(Math.round((seconds - whole) * 1e9));
  const times = new BigInt64Array([BigInt(whole), nanos, BigInt(whole), nanos]);
  const name = cstring(path);
  check(c().utimensat(AT_FDCWD, ptr(name), ptr(times), AT_SYMLINK_NOFOLLOW), "utimensat", path);
}
