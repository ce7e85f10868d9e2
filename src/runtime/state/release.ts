import { errnoOf, failedPrecondition } from "../../errors/errors.ts";
import { closeFd, O_NONBLOCK, O_WRONLY, openFd, unlinkIfThere, writeFd } from "../../linux/fd.ts";
import type { ContainerRecord, StateStore } from "./store.ts";

/** Lets the waiting process go on: a byte through the FIFO, which then goes, so that it happens once. */
export function release(store: StateStore, record: ContainerRecord): void {
  const path = store.fifo(record.id);
  try {
    const fd = openFd(path, O_WRONLY | O_NONBLOCK);
    writeFd(fd, new Uint8Array([0]));
    closeFd(fd);
  } catch (error) {
    if (errnoOf(error) === "ENXIO") throw failedPrecondition("cannot start a container that has stopped");
    throw error;
  }
  unlinkIfThere(path);
}
