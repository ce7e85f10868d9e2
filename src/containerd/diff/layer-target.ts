import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import { MNT, mountWithOptions, unmount } from "../../linux/mount.ts";
import type { Mount } from "../snapshots/snapshot.ts";

export interface LayerTarget {
  folder: string;
  /** How deletions are to be written there. */
  whiteouts: "overlay" | "remove";
}

const option = (mount: Mount, name: string) =>
  mount.options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);

/**
 * The folder that a layer is to be unpacked into, without mounting where that is not needed: an overlay's
 * upper folder, in overlayfs's own form of deletions, or a bind mount's source.
 */
export function directTarget(mounts: readonly Mount[]): LayerTarget | undefined {
  const [mount, ...others] = mounts;
  if (!mount || others.length > 0) return undefined;
  if (mount.type === "bind" && !mount.options.includes("ro"))
    return { folder: mount.source, whiteouts: "remove" };
  const upper = option(mount, "upperdir");
  return mount.type === "overlay" && upper ? { folder: upper, whiteouts: "overlay" } : undefined;
}

/** Mounts on a temporary folder while `work` runs. Errors: invalidArgument without mounts; SyscallError. */
export async function withMounts<T>(
  mounts: readonly Mount[],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (mounts.length === 0) throw invalidArgument("no mounts are given: invalid argument");
  const folder = mkdtempSync(join(tmpdir(), "docker-containerd-mount-"));
  let mounted = 0;
  try {
    for (const { source, type, options } of mounts) {
      mountWithOptions(source, folder, type, [...options]);
      mounted++;
    }
    return await work(folder);
  } finally {
    for (; mounted > 0; mounted--) unmount(folder, MNT.DETACH);
    rmdirSync(folder);
  }
}
