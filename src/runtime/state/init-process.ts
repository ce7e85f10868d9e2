import { errnoOf } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { openPidfd } from "../../linux/kill.ts";
import { isAlive } from "./status.ts";
import type { ContainerRecord } from "./store.ts";

/** A descriptor of the container's first process; undefined when it has ended. The caller closes it. */
export function openInitProcess(record: ContainerRecord): number | undefined {
  if (!isAlive(record)) return undefined;
  let pidfd: number;
  try {
    pidfd = openPidfd(record.pid);
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return undefined;
    throw error;
  }
  // Looked at again: the id could have gone to another process before the descriptor held it.
  if (isAlive(record)) return pidfd;
  closeFd(pidfd);
  return undefined;
}
