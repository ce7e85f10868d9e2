/** The file system on a device: told by its superblock, made and grown by its own programs. */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { failedPrecondition, systemError } from "../../errors/errors.ts";
import { MNT, mount, splitMountOptions, unmount } from "../../linux/mount.ts";

export type FileSystem = "ext4" | "xfs";

interface Superblock {
  type: FileSystem;
  uuid: string;
}

const ROOM = 4096;
/** Offsets in an ext4 superblock, which begins at 1024, and in one of xfs. */
const EXT = { magic: 1024 + 0x38, uuid: 1024 + 0x68 };
const XFS_UUID = 32;

/** Errors: failedPrecondition for anything but ext4 and xfs. */
export function readSuperblock(device: string): Superblock {
  const block = Buffer.alloc(ROOM);
  const fd = openSync(device, "r");
  try {
    readSync(fd, block, 0, ROOM, 0);
  } finally {
    closeSync(fd);
  }
  if (block.toString("latin1", 0, 4) === "XFSB") return { type: "xfs", uuid: uuidAt(block, XFS_UUID) };
  if (block.readUInt16LE(EXT.magic) === 0xef53) return { type: "ext4", uuid: uuidAt(block, EXT.uuid) };
  throw failedPrecondition(`devmapper: Unknown filesystem type on ${device}`);
}

function uuidAt(block: Buffer, at: number): string {
  const hex = block.toString("hex", at, at + 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** xfs where the machine has it and its mkfs, else ext4, as stock chooses. */
export function defaultFileSystem(): FileSystem {
  return Bun.which("mkfs.xfs") !== null && kernelHas("xfs") ? "xfs" : "ext4";
}

function kernelHas(type: string): boolean {
  const listed = () => readFileSync("/proc/filesystems", "utf8").includes(`\t${type}\n`);
  if (listed()) return true;
  // The attempt makes the kernel load the module.
  try {
    mount("none", "/", type);
  } catch {
    // It cannot be mounted; there is nothing to mount.
  }
  return listed();
}

/** Errors: system, with the program's words. */
export async function makeFileSystem(
  device: string,
  type: FileSystem,
  args: readonly string[],
): Promise<void> {
  if (type === "xfs") return run("mkfs.xfs", "-q", ...args, device);
  await run("mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", ...args, device);
  await run("tune2fs", "-c", "-1", "-i", "0", device);
}

async function run(program: string, ...args: string[]): Promise<void> {
  if (Bun.which(program) === null)
    throw failedPrecondition(`devmapper: ${program} is not in PATH: install e2fsprogs or xfsprogs`);
  const child = Bun.spawn([program, ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw systemError(`devmapper: ${program} failed: ${(await said).trim()}`);
}

/** Mounts a device; `options` are those of mount(8), added to what its kind needs. */
export function mountDevice(
  device: string,
  target: string,
  type: FileSystem,
  options: readonly string[],
): void {
  // All of them are copies of one file system, with one uuid.
  const needed = type === "xfs" ? ["nouuid"] : [];
  const { flags, data } = splitMountOptions([...needed, ...options]);
  mount(device, target, type, flags, data);
}

/** Grows the file system to the size that its device has by now; it is mounted in a folder below `root` for it. */
export async function growFileSystem(
  device: string,
  root: string,
  options: readonly string[],
): Promise<void> {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const target = mkdtempSync(join(root, "grow-"));
  try {
    const { type } = readSuperblock(device);
    mountDevice(device, target, type, options);
    try {
      if (type === "xfs") await run("xfs_growfs", target);
      else await run("resize2fs", device);
    } finally {
      unmount(target, MNT.DETACH);
    }
  } finally {
    rmdirSync(target);
  }
}
