/** Subvolumes of btrfs by ioctl(2) (linux/btrfs.h); paths are of folders on a btrfs file system. */
import { basename, dirname } from "node:path";
import { closeFd, ioctl, O_RDONLY, openFd } from "./fd.ts";

const SUBVOL_CREATE = 0x5000940e;
const SNAP_DESTROY = 0x5000940f;
const SNAP_CREATE_V2 = 0x50009417;
const QUOTA_CTL = 0xc0109428;
const QGROUP_LIMIT = 0x8030942b;
/** Both struct btrfs_ioctl_vol_args and its version 2. */
const VOL_ARGS = 4096;
const NAME_AT = 8;
const NAME_AT_V2 = 56;
const QUOTA_ENABLE = 1n;
const LIMIT_MAX_REFERENCED = 1n;
/** The inode number of every subvolume's root. */
export const SUBVOLUME_INODE = 256;

function call(folder: string, request: number, argument: Uint8Array): void {
  const fd = openFd(folder, O_RDONLY);
  try {
    ioctl(fd, request, argument);
  } finally {
    closeFd(fd);
  }
}

function named(path: string, at: number): Buffer {
  const args = Buffer.alloc(VOL_ARGS);
  args.write(basename(path), at);
  return args;
}

/** Makes an empty subvolume. Errors: SyscallError; ENOTTY if that is no btrfs. */
export function createSubvolume(path: string): void {
  call(dirname(path), SUBVOL_CREATE, named(path, NAME_AT));
}

/** Makes a writable copy of a subvolume at `to`. */
export function snapshotSubvolume(from: string, to: string): void {
  const fd = openFd(from, O_RDONLY);
  try {
    const args = named(to, NAME_AT_V2);
    args.writeBigInt64LE(BigInt(fd), 0);
    call(dirname(to), SNAP_CREATE_V2, args);
  } finally {
    closeFd(fd);
  }
}

/** Removes a subvolume. Errors: ENOTEMPTY while there are subvolumes in it. */
export function destroySubvolume(path: string): void {
  call(dirname(path), SNAP_DESTROY, named(path, NAME_AT));
}

/** Turns quota accounting on for the file system; it stays on. */
export function enableQuota(path: string): void {
  const args = Buffer.alloc(16);
  args.writeBigUInt64LE(QUOTA_ENABLE, 0);
  call(path, QUOTA_CTL, args);
}

/** Limits the bytes that a subvolume may refer to. */
export function limitSubvolume(path: string, bytes: number): void {
  const args = Buffer.alloc(48);
  args.writeBigUInt64LE(LIMIT_MAX_REFERENCED, 8);
  args.writeBigUInt64LE(BigInt(bytes), 16);
  call(path, QGROUP_LIMIT, args);
}
