import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, failedPrecondition, messageOf } from "../../errors/errors.ts";
import { MNT, mount, unmount } from "../../linux/mount.ts";
import { backingFileSystem } from "../filesystem.ts";
import { hasNativeDiff, mountPrefix, type OverlayOptions } from "./options.ts";

/** What `docker info` shows. Errors: failedPrecondition, with the cause, when overlay2 cannot work on this folder. */
export function probeOverlay(root: string, options: OverlayOptions): [string, string][] {
  if (!readFileSync("/proc/filesystems", "utf8").includes("\toverlay\n")) {
    throw failedPrecondition(
      "the kernel has no overlay file system: load its module with `modprobe overlay`, or choose --storage-driver vfs",
    );
  }
  const backing = backingFileSystem(root);
  tryMount(root, backing, mountPrefix(options));
  return [
    ["Backing Filesystem", backing],
    ["Supports d_type", "true"],
    ["Native Overlay Diff", String(hasNativeDiff(options))],
    ["userxattr", String(options.userxattr === true)],
  ];
}

/** A trial mount with two lower folders finds out at once what would fail at the first container. */
function tryMount(root: string, backing: string, prefix: string): void {
  const work = mkdtempSync(join(root, "check-overlay"));
  const at = (name: string) => join(work, name);
  try {
    for (const name of ["lower1", "lower2", "upper", "work", "merged"]) mkdirSync(at(name));
    const options = `${prefix}lowerdir=${at("lower2")}:${at("lower1")},upperdir=${at("upper")},workdir=${at("work")}`;
    mount("overlay", at("merged"), "overlay", 0, options);
    unmount(at("merged"), MNT.DETACH);
  } catch (cause) {
    const why = errnoOf(cause) === undefined ? messageOf(cause) : `${errnoOf(cause)}`;
    throw failedPrecondition(
      `overlay cannot be mounted on the ${backing} file system of ${root} (${why}): put --data-root on ext4 or xfs, or choose --storage-driver fuse-overlayfs or vfs`,
      { cause },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
