/** Project quotas of xfs and ext4: quotactl(2) in the commands of xfs, and FS_IOC_FSSETXATTR (linux/fs.h). */
import { closeFd, ioctl, O_RDONLY, openFd } from "./fd.ts";
import { check, cstring, libc, prepareErrno, ptr } from "./libc.ts";

const GET_XATTR = 0x801c581f;
const SET_XATTR = 0x401c5820;
/** struct fsxattr. */
const XATTR = { size: 28, flags: 0, project: 12 };
const PROJECT_INHERIT = 0x200;

/** QCMD(Q_XSETQLIM, PRJQUOTA), QCMD(Q_XGETQUOTA, PRJQUOTA). */
const SET_LIMIT = 0x580402;
const GET_QUOTA = 0x580302;
/** struct fs_disk_quota. */
const QUOTA = { size: 112, flags: 1, fields: 2, id: 4, hard: 8, soft: 16, used: 40 };
const FOR_PROJECT = 2;
const BLOCK_LIMITS = (1 << 2) | (1 << 3);
const BLOCK = 512;

let symbols: ReturnType<typeof open> | undefined;
function open() {
  prepareErrno();
  return libc({ quotactl: { args: ["i32", "ptr", "i32", "ptr"], returns: "i32" } });
}

function quotactl(command: number, device: string, project: number, argument: Uint8Array): void {
  symbols ??= open();
  const special = cstring(device);
  check(
    symbols.quotactl(command, ptr(special), project, argument),
    "quotactl",
    `project ${project} on ${device}`,
  );
}

/** Limits the bytes of a project; 0 is no limit. `device` is the file system's block device. Errors: ESRCH, ENOSYS without quotas. */
export function limitProject(device: string, project: number, bytes: number): void {
  const quota = Buffer.alloc(QUOTA.size);
  quota.writeUInt8(1, 0);
  quota.writeUInt8(FOR_PROJECT, QUOTA.flags);
  quota.writeUInt16LE(BLOCK_LIMITS, QUOTA.fields);
  quota.writeUInt32LE(project, QUOTA.id);
  const blocks = BigInt(Math.floor(bytes / BLOCK));
  quota.writeBigUInt64LE(blocks, QUOTA.hard);
  quota.writeBigUInt64LE(blocks, QUOTA.soft);
  quotactl(SET_LIMIT, device, project, quota);
}

/** Bytes that a project may have. */
export function projectLimit(device: string, project: number): number {
  const quota = Buffer.alloc(QUOTA.size);
  quotactl(GET_QUOTA, device, project, quota);
  return Number(quota.readBigUInt64LE(QUOTA.hard)) * BLOCK;
}

function withAttributes<T>(folder: string, use: (fd: number, attributes: Buffer) => T): T {
  const fd = openFd(folder, O_RDONLY);
  try {
    const attributes = Buffer.alloc(XATTR.size);
    ioctl(fd, GET_XATTR, attributes);
    return use(fd, attributes);
  } finally {
    closeFd(fd);
  }
}

/** 0: none. */
export function projectOf(folder: string): number {
  return withAttributes(folder, (_, attributes) => attributes.readUInt32LE(XATTR.project));
}

/** Makes a folder, and all that is made in it from now on, part of a project. */
export function setProject(folder: string, project: number): void {
  withAttributes(folder, (fd, attributes) => {
    attributes.writeUInt32LE(project, XATTR.project);
    // Bit 31 is in use: without the shift the number would be negative.
    const flags = (attributes.readUInt32LE(XATTR.flags) | PROJECT_INHERIT) >>> 0;
    attributes.writeUInt32LE(flags, XATTR.flags);
    ioctl(fd, SET_XATTR, attributes);
  });
}
