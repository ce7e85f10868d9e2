import { closeFd, openFd } from "./fd.ts";
import { check, cstring, libc, prepareErrno, ptr } from "./libc.ts";

const SYS_OPENAT2 = 437;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const O_DIRECTORY = 0o200000;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

type Symbols = ReturnType<typeof open>;
let symbols: Symbols | undefined;

function open() {
  prepareErrno();
  return libc({
    syscall: { args: ["i64", "i64", "ptr", "ptr", "u64"], returns: "i64" },
    mkdirat: { args: ["i32", "ptr", "u32"], returns: "i32" },
  });
}

/** A directory as a root: open descriptor (O_PATH), to be closed by the caller. */
export function openRoot(path: string): number {
  return openFd(path, O_PATH | O_DIRECTORY);
}

/**
 * Opens a path below `root` as if root were "/": absolute symlinks and ".." stay inside, magic links are refused, and
 * nobody can win a race by swapping links meanwhile. Errors: ENOENT, ELOOP, ENOTDIR...
 */
export function openInRoot(root: number, path: string, flags: number, mode = 0): number {
  symbols ??= open();
  const how = new BigUint64Array([
    BigInt(flags | O_CLOEXEC),
    BigInt(mode),
    BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
  ]);
  const name = cstring(path === "" ? "." : path);
  return check(symbols.syscall(SYS_OPENAT2, root, ptr(name), ptr(how), how.byteLength), "openat2", path);
}

/** Makes one directory in an open one. Errors: EEXIST. */
export function makeFolderAt(parent: number, name: string, mode: number): void {
  symbols ??= open();
  const text = cstring(name);
  check(symbols.mkdirat(parent, ptr(text), mode), "mkdirat", name);
}

/** Runs with a path opened below root, and closes it. The descriptor can be used as /proc/self/fd/<n>. */
export function withInRoot<T>(root: string, path: string, flags: number, use: (fd: number) => T): T {
  const rootFd = openRoot(root);
  try {
    const fd = openInRoot(rootFd, path, flags);
    try {
      return use(fd);
    } finally {
      closeFd(fd);
    }
  } finally {
    closeFd(rootFd);
  }
}

export { O_DIRECTORY, O_PATH };
