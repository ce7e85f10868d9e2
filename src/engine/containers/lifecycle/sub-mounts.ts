/**
 * Parts of a volume or an image that are mounted instead of the whole (--mount ...,volume-subpath=). The path is
 * resolved inside of the whole, whose content is not trusted, and bound by its descriptor to a place of the engine's
 * own: what the runtime then mounts cannot be swapped for a link to somewhere else (CVE-2023-28642 and its like).
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, invalidArgument } from "../../../errors/errors.ts";
import { MNT, MS, mount, unmount } from "../../../linux/mount.ts";
import { O_PATH, withInRoot } from "../../../linux/openat2.ts";
import type { Container } from "../container.ts";

const PREFIX = "sub-";

const folderOf = (container: Container) => container.file("mounts");

/** Returns the path to mount from. Errors: invalidArgument when there is nothing at the path. */
export function bindInside(container: Container, whole: string, subpath: string): string {
  mkdirSync(folderOf(container), { recursive: true, mode: 0o700 });
  const name = `${PREFIX}${readdirSync(folderOf(container)).length}`;
  const target = join(folderOf(container), name);
  try {
    withInRoot(whole, subpath, O_PATH, (fd) => {
      const source = `/proc/self/fd/${fd}`;
      if (statSync(source).isDirectory()) mkdirSync(target);
      else writeFileSync(target, "");
      mount(source, target, "", MS.BIND | MS.REC);
    });
  } catch (cause) {
    rmSync(target, { recursive: true, force: true });
    if (errnoOf(cause) !== "ENOENT") throw cause;
    throw invalidArgument(`cannot access path ${join(whole, subpath)}: no such file or directory`, { cause });
  }
  return target;
}

/** Takes away whatever bindInside() has made for the container. */
export function releaseSubMounts(container: Container): void {
  if (!existsSync(folderOf(container))) return;
  for (const name of readdirSync(folderOf(container))) {
    if (!name.startsWith(PREFIX)) continue;
    const target = join(folderOf(container), name);
    try {
      unmount(target, MNT.DETACH);
    } catch (error) {
      if (errnoOf(error) !== "EINVAL") throw error;
    }
    // Never recursive: should the mount still be there, its content is not ours to remove.
    rmSync(target, {
      force: true,
      recursive: statSync(target).isDirectory() && readdirSync(target).length === 0,
    });
  }
}
