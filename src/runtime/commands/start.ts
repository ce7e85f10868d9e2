import { errnoOf, failedPrecondition } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { closeFd, O_NONBLOCK, O_WRONLY, openFd, unlinkIfThere, writeFd } from "../../linux/fd.ts";
import { killAll } from "../kill_all.ts";
import { statusOf } from "../state/status.ts";
import type { ContainerRecord, StateStore } from "../state/store.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

const SIGKILL = 9;

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

export async function run({ store }: Context, args: string[]): Promise<number> {
  const record = store.load(onlyId("start", parseFlags({}, args).rest));
  const status = statusOf(store, record);
  if (status === "stopped") throw failedPrecondition("cannot start a container that has stopped");
  if (status !== "created") throw failedPrecondition("cannot start an already running container");
  release(store, record);
  if (!record.spec.hooks?.poststart?.length) return 0;
  try {
    (await import("../hooks.ts")).runPoststart(record);
  } catch (error) {
    // The specification: stop the container; delete is the caller's.
    killAll(record, SIGKILL);
    throw error;
  }
  return 0;
}
