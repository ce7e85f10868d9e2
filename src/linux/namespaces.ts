/** Namespaces: clone(2) flags by the names of the OCI specification, and the files in /proc. */
import type { NamespaceType } from "../oci/runtime-spec.ts";

/** Flag of clone(2), unshare(2) and setns(2), and the name of the file in /proc/PID/ns. */
export const NAMESPACES: Readonly<Record<NamespaceType, { flag: number; file: string }>> = {
  user: { flag: 0x10000000, file: "user" },
  mount: { flag: 0x00020000, file: "mnt" },
  pid: { flag: 0x20000000, file: "pid" },
  network: { flag: 0x40000000, file: "net" },
  ipc: { flag: 0x08000000, file: "ipc" },
  uts: { flag: 0x04000000, file: "uts" },
  cgroup: { flag: 0x02000000, file: "cgroup" },
  time: { flag: 0x00000080, file: "time" },
};

/** All types, the user namespace first. */
export const NAMESPACE_TYPES = Object.keys(NAMESPACES) as NamespaceType[];

/** The names of the flags of a mask. */
export function namespaceNames(flags: number): NamespaceType[] {
  return NAMESPACE_TYPES.filter((type) => (flags & NAMESPACES[type].flag) !== 0);
}
