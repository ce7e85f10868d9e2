import { errnoOf } from "../../../errors/errors.ts";
import { closeFd } from "../../../linux/fd.ts";
import { makeFolderAt, O_DIRECTORY, O_PATH, openInRoot, openRoot } from "../../../linux/openat2.ts";

/** Called for each directory that was made, with its open descriptor. */
export type OnMade = (fd: number) => void;

/**
 * Makes a directory and its ancestors inside a root file system whose content is not trusted.
 * Errors: ENOTDIR, ELOOP, or EEXIST for a symlink that leads nowhere.
 */
export function makeFoldersInRoot(root: string, path: string, mode = 0o755, onMade?: OnMade): void {
  const rootFd = openRoot(root);
  let parent = openInRoot(rootFd, "/", O_PATH | O_DIRECTORY);
  try {
    let walked = "";
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      walked += `/${name}`;
      const next = openOrMake(rootFd, parent, walked, name, mode, onMade);
      closeFd(parent);
      parent = next;
    }
  } finally {
    closeFd(parent);
    closeFd(rootFd);
  }
}

function openOrMake(
  root: number,
  parent: number,
  walked: string,
  name: string,
  mode: number,
  onMade: OnMade | undefined,
): number {
  try {
    return openInRoot(root, walked, O_PATH | O_DIRECTORY);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || name === "..") throw error;
  }
  makeFolderAt(parent, name, mode);
  const made = openInRoot(root, walked, O_PATH | O_DIRECTORY);
  onMade?.(made);
  return made;
}
