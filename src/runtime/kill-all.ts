import { cgroupProcesses } from "../linux/cgroup/cgroup.ts";
import { isFrozen, setFrozen } from "../linux/cgroup/freezer.ts";
import { kill } from "../linux/kill.ts";
import { isAlive } from "./state/status.ts";
import type { ContainerRecord } from "./state/store.ts";

const SIGKILL = 9;

/** Sends a signal to every process of the container's cgroup, frozen meanwhile so that none forks away. */
export function killAll(record: ContainerRecord, signal: number): void {
  if (record.cgroup.length === 0) {
    if (isAlive(record)) kill(record.pid, signal);
    return;
  }
  const wasFrozen = isFrozen(record.cgroup);
  const processes = cgroupProcesses(record.cgroup);
  if (processes.length > 1 && !wasFrozen) {
    setFrozen(record.cgroup, true);
    for (const pid of cgroupProcesses(record.cgroup)) kill(pid, signal);
    setFrozen(record.cgroup, false);
    return;
  }
  for (const pid of processes) kill(pid, signal);
  // A frozen process dies of SIGKILL only when it is thawed (cgroup v1).
  if (signal === SIGKILL && wasFrozen) setFrozen(record.cgroup, false);
}
