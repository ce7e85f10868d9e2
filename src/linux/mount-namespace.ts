/** Stepping into other mount namespaces. The work there must be synchronous: other work would run there too. */
import { closeFd, O_RDONLY, openFd } from "./fd.ts";
import { check, libc, prepareErrno } from "./libc.ts";
import { MS, mount } from "./mount.ts";
import { O_DIRECTORY, O_PATH } from "./openat2.ts";

const CLONE_NEWNS = 0x00020000;
const CLONE_FS = 0x00000200;

function open() {
  prepareErrno();
  return libc({
    unshare: { args: ["i32"], returns: "i32" },
    setns: { args: ["i32", "i32"], returns: "i32" },
    fchdir: { args: ["i32"], returns: "i32" },
  });
}

/** Enters by `enter`, works, and steps back, working folder included. Failing to step back ends the process. */
function andBack<T>(enter: (c: ReturnType<typeof open>) => void, work: () => T): T {
  const c = open();
  const back = openFd("/proc/thread-self/ns/mnt", O_RDONLY);
  const folder = openFd(".", O_PATH | O_DIRECTORY);
  try {
    enter(c);
    try {
      return work();
    } finally {
      if (c.setns(back, CLONE_NEWNS) !== 0 || c.fchdir(folder) !== 0) {
        process.stderr.write("setns: cannot leave a mount namespace\n");
        process.abort();
      }
    }
  } finally {
    closeFd(back);
    closeFd(folder);
  }
}

/** Works in a new mount namespace: what is mounted there is seen by processes started there, and gone with the last. */
export function inOwnMounts<T>(work: () => T): T {
  return andBack((c) => {
    check(c.unshare(CLONE_NEWNS), "unshare", "mount namespace");
    mount("none", "/", "", MS.SLAVE | MS.REC);
  }, work);
}

/** Works in the mount namespace of a process, at its root. */
export function inMountsOf<T>(pid: number, work: () => T): T {
  const namespace = openFd(`/proc/${pid}/ns/mnt`, O_RDONLY);
  try {
    return andBack((c) => {
      // One that shares its root and working folder with other threads may not enter.
      check(c.unshare(CLONE_FS), "unshare", "file system state");
      check(c.setns(namespace, CLONE_NEWNS), "setns", `mount namespace of process ${pid}`);
    }, work);
  } finally {
    closeFd(namespace);
  }
}
