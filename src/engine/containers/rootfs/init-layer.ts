import { chownSync, closeSync, constants, fchownSync, lchownSync, openSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../../../errors/errors.ts";
import { hostRoot, type IDMap, type Owner } from "../../../linux/id-map.ts";
import { O_DIRECTORY, O_PATH, withInRoot } from "../../../linux/openat2.ts";
import { makeFoldersInRoot } from "./folders.ts";

const FOLDERS = ["/dev/pts", "/dev/shm", "/proc", "/sys", "/etc"];
const FILES = ["/.dockerenv", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/dev/console"];

/**
 * Puts the mount points of every container into its init layer, so that they do not show as changes in `docker diff`.
 * What the image has there already stays.
 */
export async function writeInitLayer(root: string, ids: IDMap | undefined): Promise<void> {
  const owner = hostRoot(ids);
  const own = (fd: number) => chownSync(`/proc/self/fd/${fd}`, owner.uid, owner.gid);
  for (const path of FOLDERS) tolerate(() => makeFoldersInRoot(root, path, 0o755, own));
  for (const path of FILES) tolerate(() => createIn(root, path, owner));
  tolerate(() =>
    withInRoot(root, "/etc", O_PATH | O_DIRECTORY, (fd) => {
      const path = `/proc/self/fd/${fd}/mtab`;
      symlinkSync("/proc/mounts", path);
      lchownSync(path, owner.uid, owner.gid);
    }),
  );
}

function createIn(root: string, path: string, owner: Owner): void {
  withInRoot(root, dirname(path), O_PATH | O_DIRECTORY, (fd) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const file = openSync(`/proc/self/fd/${fd}/${name}`, O_CREAT | O_EXCL | O_WRONLY, 0o755);
    fchownSync(file, owner.uid, owner.gid);
    closeSync(file);
  });
}

/** An image may have anything in these places: a file for a folder, a link to nowhere. The runtime tells if it matters. */
function tolerate(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!["EEXIST", "ENOTDIR", "ELOOP", "ENOENT"].includes(errnoOf(error) ?? "")) throw error;
  }
}
