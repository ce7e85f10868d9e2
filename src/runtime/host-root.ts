/**
 * A container without a mount namespace: its root with all that is in it is one mount among the host's, on the root's
 * own path, and goes with the container.
 */
import { invalidArgument } from "../errors/errors.ts";
import { closeFd, openFd, readSmallFile } from "../linux/fd.ts";
import { realPath } from "../linux/folder.ts";
import { MNT, unmount } from "../linux/mount.ts";
import { O_PATH } from "../linux/openat2.ts";
import type { ContainerRecord } from "./state/store.ts";

/** The kernel's id of the mount that a path is on. */
export function mountIdOf(path: string): number {
  const fd = openFd(path, O_PATH);
  try {
    const [, id] = /^mnt_id:\s*(\d+)$/m.exec(readSmallFile(`/proc/self/fdinfo/${fd}`)) ?? [];
    if (id === undefined) throw invalidArgument(`${path}: the kernel does not tell what mount it is on`);
    return Number(id);
  } finally {
    closeFd(fd);
  }
}

/** Takes the container's mount down, if it had come to it. */
export function unmountHostRoot({ rootfs, mountBefore }: ContainerRecord): void {
  if (mountBefore === undefined) return;
  const path = realPath(rootfs);
  if (mountIdOf(path) !== mountBefore) unmount(path, MNT.DETACH | MNT.NOFOLLOW);
}
