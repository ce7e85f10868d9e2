/** The layout of control groups that crun 1.8 takes: version 2 alone, or version 1 alone, but no mixture. */
import { existsSync, readFileSync } from "node:fs";
import { unmount } from "../../src/linux/mount.ts";

const UNIFIED = "/sys/fs/cgroup/unified";

/** Whether control groups are of version 2 alone. */
export const isUnified = (): boolean => existsSync("/sys/fs/cgroup/cgroup.controllers");

/** Whether controllers of version 2 are to be seen beside those of version 1. */
export function isHybrid(): boolean {
  const controllers = `${UNIFIED}/cgroup.controllers`;
  return existsSync(controllers) && readFileSync(controllers, "utf8").trim() !== "";
}

/** Whether this process' mounts are its own (`hack/isolated`), so that nobody else loses what it unmounts. */
const hasOwnMounts = () => process.env["PEQUOD_ISOLATED"] === "1";

/**
 * Takes version 2 out of this process' mount namespace where there is a mixture: this process and
 * all that it starts from now on find version 1 alone. Leaves the layout as it is where the namespace is the host's.
 */
export function hideUnified(): void {
  if (isHybrid() && hasOwnMounts()) unmount(UNIFIED);
}
