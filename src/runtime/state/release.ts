import { errnoOf, failedPrecondition } from "../../errors/errors.ts";
import { closeFd, O_NONBLOCK, O_WRONLY, openFd, unlinkIfThere, writeFd } from "../../linux/fd.ts";
import type { ContainerRecord, StateStore } from "./store.ts";

/** Lets the waiting process go on: a byte through the FIFO, which then goes, so that it happens once. */
export function release(store: StateStore, record: ContainerRecord): void {
  closeFd(releasedBy(store, record));
}

/** Milliseconds that releaseAndWait() waits at most: startContainer hooks may take longer. */
const PATIENCE = 100;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** As release(), and waits until the command executes, so that whoever signals it next finds the command. */
export function releaseAndWait(store: StateStore, record: ContainerRecord): void {
  const fifo = releasedBy(store, record);
  try {
    // The process closes its end by executing: then nobody is there to write to.
    for (let waited = 0; waited < PATIENCE; waited++) {
      closeFd(openFd(`/proc/self/fd/${fifo}`, O_WRONLY | O_NONBLOCK));
      Atomics.wait(pause, 0, 0, 1);
    }
  } catch (error) {
    if (errnoOf(error) !== "ENXIO") throw error;
  } finally {
    closeFd(fifo);
  }
}

/** The writing end of the FIFO, which has no name any more. */
function releasedBy(store: StateStore, record: ContainerRecord): number {
  const path = store.fifo(record.id);
  try {
    const fd = openFd(path, O_WRONLY | O_NONBLOCK);
    writeFd(fd, new Uint8Array([0]));
    unlinkIfThere(path);
    return fd;
  } catch (error) {
    if (errnoOf(error) === "ENXIO") throw failedPrecondition("cannot start a container that has stopped");
    throw error;
  }
}
