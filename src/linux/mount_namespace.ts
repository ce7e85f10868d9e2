/** A mount namespace for the moment: what is mounted in it is seen by processes started in it, and gone with the last. */
import { closeFd, O_RDONLY, openFd } from "./fd.ts";
import { check, libc, prepareErrno } from "./libc.ts";
import { MS, mount } from "./mount.ts";

const CLONE_NEWNS = 0x00020000;

function open() {
  prepareErrno();
  return libc({
    unshare: { args: ["i32"], returns: "i32" },
    setns: { args: ["i32", "i32"], returns: "i32" },
  });
}

/**
 * Runs `work`, which must be synchronous, in a new mount namespace, and steps back into the one before. Nothing that is
 * mounted there is seen outside. Failing to step back ends the process.
 */
export function inOwnMounts<T>(work: () => T): T {
  const c = open();
  const back = openFd("/proc/thread-self/ns/mnt", O_RDONLY);
  try {
    check(c.unshare(CLONE_NEWNS), "unshare", "mount namespace");
    try {
      mount("none", "/", "", MS.SLAVE | MS.REC);
      return work();
    } finally {
      if (c.setns(back, CLONE_NEWNS) !== 0) {
        process.stderr.write("setns: cannot leave a mount namespace\n");
        process.abort();
      }
    }
  } finally {
    closeFd(back);
  }
}
