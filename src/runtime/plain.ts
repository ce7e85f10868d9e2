/**
 * `start` and `delete` of plain containers as functions, for the shim of the same build: it then need not start a program
 * for each, which is most of their time. What has hooks, a systemd unit, processes left, or is not in order is left to
 * the commands, which know how to deal with it and what to say.
 */
import { cgroupProcesses, removeCgroup } from "../linux/cgroup/cgroup.ts";
import { releaseAndWait } from "./state/release.ts";
import { isAlive, statusOf } from "./state/status.ts";
import { type ContainerRecord, StateStore } from "./state/store.ts";

function load(store: StateStore, id: string): ContainerRecord | undefined {
  try {
    return store.load(id);
  } catch {
    return undefined;
  }
}

/** Starts a created container, and waits until its command executes. Returns false when that is the command's to do; nothing has been done then. */
export function startPlain(root: string, id: string): boolean {
  const store = new StateStore(root);
  const record = load(store, id);
  if (!record || record.spec.hooks?.poststart?.length) return false;
  if (statusOf(store, record) !== "created") return false;
  releaseAndWait(store, record);
  return true;
}

/** Removes a container that has stopped. Returns false when that is the command's to do; nothing has been done then. */
export function deletePlain(root: string, id: string): boolean {
  const store = new StateStore(root);
  const record = load(store, id);
  if (
    !record ||
    record.unit !== undefined ||
    record.rdt ||
    record.mountBefore !== undefined ||
    record.spec.hooks?.poststop?.length
  )
    return false;
  if (isAlive(record) || cgroupProcesses(record.cgroup).length > 0) return false;
  removeCgroup(record.cgroup);
  store.remove(id);
  return true;
}
