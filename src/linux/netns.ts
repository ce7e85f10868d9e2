/**
 * Network namespaces without a helper process. The calling thread steps into one, does its work without a pause
 * (no await: other work of this thread would run in the wrong namespace), and steps back.
 */
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { check, libc, prepareErrno, SyscallError } from "./libc.ts";
import { MNT, MS, mount, unmount } from "./mount.ts";

const CLONE_NEWNET = 0x40000000;
const OWN = "/proc/thread-self/ns/net";

function open() {
  prepareErrno();
  return libc({
    unshare: { args: ["i32"], returns: "i32" },
    setns: { args: ["i32", "i32"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());
let home: number | undefined;

/** A descriptor of the namespace that this thread was in at first; it stays open for the life of the process. */
function homeNetns(): number {
  home ??= openSync(OWN, "r");
  return home;
}

/** Runs `work` and steps back into the first namespace, whatever happens. Failing to step back ends the process. */
function andBack<T>(work: () => T): T {
  const back = homeNetns();
  try {
    const result = work();
    if (result instanceof Promise) throw new TypeError("work in another network namespace must not be async");
    return result;
  } finally {
    if (c().setns(back, CLONE_NEWNET) !== 0) {
      // Going on in a container's namespace would break isolation.
      process.stderr.write("setns: cannot leave a container's network namespace\n");
      process.abort();
    }
  }
}

/** Runs `work`, which must be synchronous, inside the namespace at `path` (or of an open descriptor). */
export function inNetns<T>(target: string | number, work: () => T): T {
  homeNetns();
  const fd = typeof target === "number" ? target : openSync(target, "r");
  try {
    return andBack(() => {
      check(c().setns(fd, CLONE_NEWNET), "setns", String(target));
      return work();
    });
  } finally {
    if (typeof target === "string") closeSync(fd);
  }
}

/** Makes a new namespace, pins it at `path` (a file that is made), and runs `work` in it. Nothing stays if it fails. */
export function createNetns<T>(path: string, work: () => T): T {
  writeFileSync(path, "", { flag: "wx", mode: 0o444 });
  try {
    return andBack(() => {
      check(c().unshare(CLONE_NEWNET), "unshare", "network namespace");
      mount(OWN, path, "none", MS.BIND);
      return work();
    });
  } catch (error) {
    removeNetns(path);
    throw error;
  }
}

/** Pins the namespace of a process, `source`, at `path` and runs `work` in it. Nothing stays if it fails. */
export function pinNetns<T>(path: string, source: string, work: () => T): T {
  writeFileSync(path, "", { flag: "wx", mode: 0o444 });
  try {
    mount(source, path, "none", MS.BIND);
    return inNetns(path, work);
  } catch (error) {
    removeNetns(path);
    throw error;
  }
}

/** Unpins a namespace; it goes when its last process has. Fine when it is not there. */
export function removeNetns(path: string): void {
  try {
    unmount(path, MNT.DETACH);
  } catch (error) {
    if (!(error instanceof SyscallError && /^(EINVAL|ENOENT)$/.test(error.code))) throw error;
  }
  rmSync(path, { force: true });
}
