/** What a container is doing, from what the kernel says now. */
import { isFrozen } from "../../linux/cgroup/freezer.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { processStat } from "../../linux/process-stat.ts";
import type { ContainerRecord, StateStore } from "./store.ts";

/** As the specification has it, and "paused", which runc adds. */
export type Status = "creating" | "created" | "running" | "paused" | "stopped";

/** Whether the container's first process is there, and is that process. */
export function isAlive(record: ContainerRecord): boolean {
  if (record.pid === 0) return false;
  const stat = processStat(record.pid);
  return (
    stat !== undefined && stat.startTime === record.startTime && stat.state !== "Z" && stat.state !== "X"
  );
}

/** What state a container is in, by its record and its process. */
export function statusOf(store: StateStore, record: ContainerRecord): Status {
  if (!isAlive(record)) return "stopped";
  if (isFrozen(record.cgroup)) return "paused";
  return pathExists(store.fifo(record.id)) ? "created" : "running";
}
