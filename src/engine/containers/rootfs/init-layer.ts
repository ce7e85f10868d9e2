import { closeSync, constants, openSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../../../errors/errors.ts";
import { O_DIRECTORY, O_PATH, withInRoot } from "../../../linux/openat2.ts";
import { makeFoldersInRoot } from "./folders.ts";

const FOLDERS = ["/dev/pts", "/dev/shm", "/proc", "/sys", "/etc"];
const FILES = ["/.dockerenv", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/dev/console"];

/**
 * Puts the mount points of every container into its init layer, so that they do not show as changes in `docker diff`.
 * What the image has there already stays.
 */
export async function writeInitLayer(root: string): Promise<void> {
  for (const path of FOLDERS) tolerate(() => makeFoldersInRoot(root, path));
  for (const path of FILES) tolerate(() => createIn(root, path));
  tolerate(() =>
    withInRoot(root, "/etc", O_PATH | O_DIRECTORY, (fd) =>
      symlinkSync("/proc/mounts", `/proc/self/fd/${fd}/mtab`),
    ),
  );
}

function createIn(root: string, path: string): void {
  withInRoot(root, dirname(path), O_PATH | O_DIRECTORY, (fd) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    closeSync(openSync(`/proc/self/fd/${fd}/${name}`, O_CREAT | O_EXCL | O_WRONLY, 0o755));
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
