import { removeCgroup, removeEmptyCgroup } from "../linux/cgroup/cgroup.ts";
import { runPoststop } from "./hooks.ts";
import { isRootless } from "./host.ts";
import { killAll } from "./kill-all.ts";
import type { ContainerRecord, StateStore } from "./state/store.ts";

const SIGKILL = 9;

/** Ends systemd's unit of a container, if it has one. */
export async function stopUnit({ unit }: ContainerRecord): Promise<void> {
  if (unit === undefined) return;
  const { stopScope } = await import("../linux/systemd/scope.ts");
  await stopScope(unit, isRootless() ? "user" : "system");
}

/** What few containers have: a group in the resctrl file system, a root among the host's mounts. */
export async function releaseOddities(
  record: ContainerRecord,
  { failed } = { failed: false },
): Promise<void> {
  if (record.rdt) (await import("./intel-rdt.ts")).removeRdtGroup(record.rdt, { failed });
  if (record.mountBefore !== undefined) (await import("./host-root.ts")).unmountHostRoot(record);
}

/** Removes what belongs to a container that has stopped: processes left in its cgroup, cgroup, state. */
export async function destroy(
  store: StateStore,
  record: ContainerRecord,
  warn: (message: string) => void,
): Promise<void> {
  // A cgroup that can be removed has no processes.
  if (!removeEmptyCgroup(record.cgroup)) {
    if (record.cgroup.length > 0) killAll(record, SIGKILL);
    removeCgroup(record.cgroup);
  }
  await releaseOddities(record);
  await stopUnit(record);
  store.remove(record.id);
  if (record.spec.hooks?.poststop?.length) runPoststop(record, warn);
}
