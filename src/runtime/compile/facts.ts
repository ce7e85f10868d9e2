/**
 * What the compiler is told about the host and the command line, so that it looks at nothing itself: with the
 * same config.json and facts it always makes the same plan.
 */

import type { Cgroup } from "../../linux/cgroup/cgroup.ts";
import type { Hierarchy } from "../../linux/cgroup/layout.ts";
import type { ResctrlGroup } from "../../linux/resctrl.ts";

export interface Facts {
  id: string;
  /** Absolute. */
  bundle: string;
  cgroup: Cgroup;
  hierarchies: readonly Hierarchy[];
  /** The container's group in the resctrl file system, if config.json asks for one. */
  rdt?: ResctrlGroup;
  /** The compiled seccomp profile, if config.json has one. */
  seccomp?: { program: Uint8Array; flags: number; listener: boolean };
  /** Numbers that descriptors have in init. */
  fds: { console?: number; fifo?: number; pidfd?: number };
  /** Whether docker-runc itself copies from the terminal: line feeds then go out without carriage returns. */
  plainConsole?: boolean;
  /** Whether a pid file is to be written before the command runs. */
  pidFile: boolean;
  /** Descriptors after stderr that the command gets. */
  preserveFds: number;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** Capabilities that the kernel knows, as a mask: others are left out of every set. */
  knownCapabilities: bigint;
  appArmor: boolean;
  /** Whether SELinux is on; it is looked for only where there is a label. */
  selinux: boolean;
  /** Whether this kernel has /proc/kcore. */
  kcore: boolean;
  /** The mount point under the root path: only for rootfsPropagation "shared". */
  rootMountPoint?: string;
  /** Whether docker-runc itself runs in a user namespace, or without root. */
  rootless: boolean;
  umask: number;
}
