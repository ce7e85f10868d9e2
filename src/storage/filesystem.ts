import { statfsSync } from "node:fs";

/** Magic numbers of statfs(2) and the names that `docker info` gives them. */
const FILE_SYSTEMS: Record<number, string> = {
  61267: "extfs",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs",
  2035054128: "overlayfs",
  801189825: "zfs",
  4076150800: "f2fs",
  1635083891: "aufs",
  1702057286: "fuse",
  26985: "nfs",
};

/** Name of the file system that a path is on, "<unknown>" for a rare one. */
export function backingFileSystem(path: string): string {
  return FILE_SYSTEMS[Number(statfsSync(path).type) >>> 0] ?? "<unknown>";
}
