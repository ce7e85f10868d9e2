import { check, cstring, libc, prepareErrno, ptr } from "./libc.ts";

/** mount(2) flags (linux/mount.h). */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 16,
  REMOUNT: 32,
  MANDLOCK: 64,
  DIRSYNC: 128,
  NOSYMFOLLOW: 256,
  NOATIME: 1024,
  NODIRATIME: 2048,
  BIND: 4096,
  MOVE: 8192,
  REC: 16384,
  SILENT: 32768,
  UNBINDABLE: 1 << 17,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
  RELATIME: 1 << 21,
  STRICTATIME: 1 << 24,
  LAZYTIME: 1 << 25,
} as const;

/** umount2(2) flags. */
export const MNT = { FORCE: 1, DETACH: 2, EXPIRE: 4, NOFOLLOW: 8 } as const;

type Symbols = ReturnType<typeof open>;
let symbols: Symbols | undefined;

function open() {
  prepareErrno();
  return libc({
    mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
    umount2: { args: ["ptr", "i32"], returns: "i32" },
  });
}

/** mount(2). `data` is the file system's own option string. Errors: SyscallError with the errno name. */
export function mount(source: string, target: string, type: string, flags = 0, data = ""): void {
  symbols ??= open();
  const [s, t, y, d] = [cstring(source), cstring(target), cstring(type), cstring(data)];
  const result = symbols.mount(ptr(s), ptr(t), ptr(y), BigInt(flags), data === "" ? null : ptr(d));
  check(result, "mount", `${type} ${source} on ${target}`);
}

/** umount2(2). Errors: SyscallError; EINVAL when nothing is mounted there. */
export function unmount(target: string, flags: number = 0): void {
  symbols ??= open();
  const t = cstring(target);
  check(symbols.umount2(ptr(t), flags), "umount", target);
}

const FLAG_WORDS: Record<string, { set?: number; clear?: number }> = {
  defaults: {},
  ro: { set: MS.RDONLY },
  rw: { clear: MS.RDONLY },
  nosuid: { set: MS.NOSUID },
  suid: { clear: MS.NOSUID },
  nodev: { set: MS.NODEV },
  dev: { clear: MS.NODEV },
  noexec: { set: MS.NOEXEC },
  exec: { clear: MS.NOEXEC },
  sync: { set: MS.SYNCHRONOUS },
  async: { clear: MS.SYNCHRONOUS },
  dirsync: { set: MS.DIRSYNC },
  remount: { set: MS.REMOUNT },
  mand: { set: MS.MANDLOCK },
  nomand: { clear: MS.MANDLOCK },
  atime: { clear: MS.NOATIME },
  noatime: { set: MS.NOATIME },
  diratime: { clear: MS.NODIRATIME },
  nodiratime: { set: MS.NODIRATIME },
  bind: { set: MS.BIND },
  rbind: { set: MS.BIND | MS.REC },
  private: { set: MS.PRIVATE },
  rprivate: { set: MS.PRIVATE | MS.REC },
  shared: { set: MS.SHARED },
  rshared: { set: MS.SHARED | MS.REC },
  slave: { set: MS.SLAVE },
  rslave: { set: MS.SLAVE | MS.REC },
  unbindable: { set: MS.UNBINDABLE },
  runbindable: { set: MS.UNBINDABLE | MS.REC },
  relatime: { set: MS.RELATIME },
  norelatime: { clear: MS.RELATIME },
  strictatime: { set: MS.STRICTATIME },
  nostrictatime: { clear: MS.STRICTATIME },
};

/** Splits options as mount(8) takes them into flags, and the rest, which is the file system's data. */
export function splitMountOptions(options: string[]): { flags: number; data: string } {
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    const word = Object.hasOwn(FLAG_WORDS, option) ? FLAG_WORDS[option] : undefined;
    if (!word) data.push(option);
    else flags = (flags | (word.set ?? 0)) & ~(word.clear ?? 0);
  }
  return { flags, data: data.join(",") };
}

/** mount(2) with options as mount(8) takes them; a read-only bind needs the second call that this makes. */
export function mountWithOptions(source: string, target: string, type: string, options: string[]): void {
  const { flags, data } = splitMountOptions(options);
  const propagation = flags & (MS.PRIVATE | MS.SHARED | MS.SLAVE | MS.UNBINDABLE);
  const plain = flags & ~propagation & ~(propagation === 0 ? 0 : flags & MS.BIND ? 0 : MS.REC);
  mount(source, target, type, plain, data);
  const kept = plain & ~(MS.BIND | MS.REC | MS.REMOUNT);
  if (plain & MS.BIND && kept !== 0) mount(source, target, type, MS.REMOUNT | MS.BIND | kept);
  if (propagation !== 0) mount("none", target, "", propagation | (flags & MS.REC));
}
