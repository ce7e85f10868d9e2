/** What CRIU mounts on must be there: a fresh root file system lacks what the first creation had made in it. */
import { errnoOf } from "../../errors/errors.ts";
import { closeFd, O_CREAT, O_EXCL, O_RDONLY, openFd } from "../../linux/fd.ts";
import { makeFolderAt, O_DIRECTORY, O_PATH, openInRoot, openRoot } from "../../linux/openat2.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { parseMountOptions } from "../compile/mount-options.ts";
import { cleanPath } from "../compile/mounts.ts";

export interface MountPoint {
  /** The folder of the host that the path counts from. */
  root: string;
  path: string;
  /** What will be mounted; undefined for a folder of a file system of its own. */
  source?: string;
}

const isBelow = (path: string, folder: string) => path.startsWith(folder === "/" ? "/" : `${folder}/`);

/**
 * The mount points of config.json that lie in the root or in a bind mount. Those in other file systems are CRIU's to
 * bring back, with the file systems' content.
 */
export function mountPoints(spec: Spec, bundle: string, rootfs: string): MountPoint[] {
  const earlier: { target: string; source?: string }[] = [{ target: "/", source: rootfs }];
  const found: MountPoint[] = [];
  for (const mount of spec.mounts ?? []) {
    const target = cleanPath(mount.destination);
    const bind = mount.type === "bind" || parseMountOptions(mount.options ?? []).bind;
    const from = mount.source ?? "";
    const source = from.startsWith("/") ? from : `${bundle}/${from}`;
    const parent = earlier.filter((other) => isBelow(target, other.target)).at(-1)!;
    const own = bind ? { source } : {};
    if (parent.source !== undefined)
      found.push({ root: parent.source, path: target.slice(parent.target.length), ...own });
    earlier.push({ target, ...own });
  }
  return found;
}

function isFile(path: string): boolean {
  try {
    closeFd(openFd(path, O_PATH | O_DIRECTORY));
    return false;
  } catch (error) {
    return errnoOf(error) === "ENOTDIR";
  }
}

/** Opens a folder below root and makes it first if it is not there; each step is resolved within root. */
function enterFolder(root: number, path: string): number {
  const parts = path.split("/").filter(Boolean);
  for (let depth = 1; depth <= parts.length; depth++) {
    const parent = openInRoot(root, parts.slice(0, depth - 1).join("/"), O_PATH | O_DIRECTORY);
    try {
      makeFolderAt(parent, parts[depth - 1]!, 0o755);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    } finally {
      closeFd(parent);
    }
  }
  return openInRoot(root, parts.join("/"), O_PATH | O_DIRECTORY);
}

function isThere(root: number, path: string): boolean {
  try {
    closeFd(openInRoot(root, path, O_PATH));
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Makes what is missing. Errors: those of the file system. */
export function makeMountPoint({ root, path, source }: MountPoint): void {
  const rootFd = openRoot(root);
  try {
    if (isThere(rootFd, path)) return;
    if (source === undefined || !isFile(source)) {
      closeFd(enterFolder(rootFd, path));
      return;
    }
    const folder = enterFolder(rootFd, path.slice(0, path.lastIndexOf("/") + 1));
    try {
      closeFd(openInRoot(folder, path.slice(path.lastIndexOf("/") + 1), O_RDONLY | O_CREAT | O_EXCL, 0o644));
    } finally {
      closeFd(folder);
    }
  } finally {
    closeFd(rootFd);
  }
}
