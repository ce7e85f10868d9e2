/** Files on disk as entries of an archive. */

import { readlinkSync, type Stats } from "node:fs";
import { makeDevice, makeNode, S_IFBLK, S_IFCHR, S_IFIFO } from "../../linux/inode.ts";
import { NO_XATTRS, type TarHeader, type TarType } from "./header.ts";
import { tarHeader } from "./writer.ts";

/** undefined for what no archive has: a socket. */
export function typeOnDisk(stat: Stats): TarType | undefined {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSymbolicLink()) return "symlink";
  if (stat.isCharacterDevice()) return "char";
  if (stat.isBlockDevice()) return "block";
  return stat.isFIFO() ? "fifo" : undefined;
}

/** The header of a file that typeOnDisk() knows, under a name. Errors: of the file system, for a link that has gone. */
export function headerOnDisk(
  path: string,
  name: string,
  stat: Stats,
  xattrs: TarHeader["xattrs"] = NO_XATTRS,
): TarHeader {
  const type = typeOnDisk(stat)!;
  const device = type === "char" || type === "block";
  return tarHeader({
    name,
    type,
    size: type === "file" ? stat.size : 0,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    mtime: Math.floor(stat.mtimeMs / 1000),
    linkname: type === "symlink" ? readlinkSync(path) : "",
    devmajor: device ? majorOf(stat.rdev) : 0,
    devminor: device ? minorOf(stat.rdev) : 0,
    xattrs,
  });
}

/** Makes the device or FIFO that a header is of, for root alone to begin with. Errors: of mknod(2). */
export function makeSpecial(path: string, { type, devmajor, devminor }: TarHeader): void {
  if (type === "fifo") return makeNode(path, S_IFIFO | 0o600);
  makeNode(path, (type === "char" ? S_IFCHR : S_IFBLK) | 0o600, makeDevice(devmajor, devminor));
}

/** Linux's encoding (makedev(3)); rdev fits 53 bits for every real device. */
const majorOf = (rdev: number) => ((rdev >>> 8) & 0xfff) | (Math.floor(rdev / 2 ** 44) << 12);
const minorOf = (rdev: number) => (rdev & 0xff) | (Math.floor(rdev / 2 ** 12) & 0xffffff00);
