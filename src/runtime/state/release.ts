import { errnoOf, failedPrecondition } from "../../errors/errors.ts";
import { closeFd, O_NONBLOCK, O_WRONLY, openFd, unlinkIfThere, writeFd } from "../../linux/fd.ts";
import { waitForNoReader } from "../../linux/poll.ts";
import type { ContainerRecord, StateStore } from "./store.ts";

/** Milliseconds that releaseAndWait() waits at most: startContainer hooks may take longer. */
const PATIENCE = 100;

/**
 * Lets the waiting process go on: a byte through the FIFO, which then goes, so that it happens once. Waits until the
 * command executes, so that whoever signals or looks at the process next finds the command.
 */
export function releaseAndWait(store: StateStore, record: ContainerRecord): void {
  const fifo = releasedBy(store, record);
  try {
    // The process closes its end by executing.
    waitForNoReader(fifo, PATIENCE);
  } catch (error) {
    if (errnoOf(error) !== "EINTR") throw error;
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
