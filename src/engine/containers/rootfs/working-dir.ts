import { chownSync } from "node:fs";
import { errnoOf, systemError } from "../../../errors/errors.ts";
import { hostRoot, type IDMap } from "../../../linux/id-map.ts";
import { makeFoldersInRoot } from "./folders.ts";

/** Makes a container's working folder if it is not there. Errors: system, in stock's words, where a file is in the way. */
export function makeWorkingDir(rootfs: string, path: string, ids: IDMap | undefined): void {
  if (path === "" || path === "/") return;
  try {
    const { uid, gid } = hostRoot(ids);
    makeFoldersInRoot(rootfs, path, 0o755, (fd) => chownSync(`/proc/self/fd/${fd}`, uid, gid));
  } catch (cause) {
    if (errnoOf(cause) === "ENOTDIR")
      throw systemError(`Cannot mkdir: ${path} is not a directory`, { cause });
    // A link that leads nowhere may lead somewhere once the mounts are made.
    if (errnoOf(cause) !== "EEXIST") throw cause;
  }
}
