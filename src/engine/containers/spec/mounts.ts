import type { HostConfig } from "../../../api/schema.ts";
import type { Mount } from "../../../oci/runtime-spec.ts";
import { defaultMounts } from "./defaults.ts";

/** Something of the user's or the engine's, ready to be mounted. */
export interface ReadyMount {
  source: string;
  destination: string;
  writable: boolean;
  propagation?: string;
  /** Mounts below the source stay behind. */
  nonRecursive?: boolean;
  /** Mounts below the source become read-only too; fails on kernels that cannot. */
  recursiveReadonly?: boolean;
  /** tmpfs with these options, instead of a bind. */
  tmpfs?: string[];
}

/** All mounts of a container, in the order in which they are to be made. */
export function specMounts(
  host: HostConfig,
  shm: Mount | undefined,
  ready: readonly ReadyMount[],
  writableCgroups = false,
): Mount[] {
  const user = [...ready].sort((a, b) => depth(a.destination) - depth(b.destination));
  const taken = new Set(user.map(({ destination }) => destination));
  const base = [...defaultMounts(), ...(shm ? [shm] : [])].filter(({ destination }) => {
    if (taken.has(destination)) return false;
    return !(taken.has("/dev") && destination.startsWith("/dev/"));
  });
  if (host.Privileged) openForPrivileged(base, host.ReadonlyRootfs === true);
  if (writableCgroups) clearReadonly(base.filter(({ type }) => type === "cgroup"));
  return [...base, ...user.map(specMount)];
}

const depth = (path: string) => path.split("/").filter((part) => part !== "").length;

/** A privileged container may write to /sys and the cgroups. */
function openForPrivileged(mounts: Mount[], readonlyRootfs: boolean): void {
  if (readonlyRootfs) return;
  clearReadonly(mounts.filter(({ destination, type }) => destination === "/sys" || type === "cgroup"));
}

function clearReadonly(mounts: readonly Mount[]): void {
  for (const mount of mounts) mount.options = (mount.options ?? []).filter((option) => option !== "ro");
}

function specMount(mount: ReadyMount): Mount {
  if (mount.tmpfs) {
    return { destination: mount.destination, type: "tmpfs", source: "tmpfs", options: mount.tmpfs };
  }
  const options = [mount.nonRecursive ? "bind" : "rbind"];
  if (!mount.writable) options.push(mount.recursiveReadonly ? "rro" : "ro");
  options.push(mount.propagation || "rprivate");
  return { destination: mount.destination, type: "bind", source: mount.source, options };
}

/** What the root mount's propagation must be for these mounts to share, "" if it does not matter. */
export function rootPropagation(ready: readonly ReadyMount[]): string {
  const wanted = ready.map(({ propagation }) => propagation ?? "");
  if (wanted.some((word) => /^r?shared$/.test(word))) return "shared";
  return wanted.some((word) => /^r?slave$/.test(word)) ? "rslave" : "";
}

const OPPOSITES = [
  ["exec", "noexec"],
  ["suid", "nosuid"],
  ["dev", "nodev"],
  ["rw", "ro"],
  ["atime", "noatime"],
  ["diratime", "nodiratime"],
  ["sync", "async"],
];

/** Options of a tmpfs: Docker's, with the user's over them. */
export function tmpfsOptions(user: string): string[] {
  const options = ["noexec", "nosuid", "nodev", "rprivate"];
  for (const option of user.split(",").filter((word) => word !== "")) {
    const rivals = OPPOSITES.find((pair) => pair.includes(option)) ?? [];
    const key = option.split("=")[0]!;
    const kept = options.filter((other) => !rivals.includes(other) && other.split("=")[0] !== key);
    options.splice(0, options.length, ...kept, option);
  }
  return options;
}
