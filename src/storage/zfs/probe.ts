import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { failedPrecondition, messageOf } from "../../errors/errors.ts";
import { backingFileSystem } from "../filesystem.ts";

const PREREQUISITES = "prerequisites for driver not satisfied (wrong filesystem?)";

/** Errors: failedPrecondition, in stock's words and with the cause. */
export function probeZfs(): void {
  if (Bun.which("zfs", { PATH: process.env["PATH"] ?? "" }) === null)
    throw failedPrecondition(
      `${PREREQUISITES}: the program zfs is not in PATH: install it (apt-get install zfsutils-linux), or choose another --storage-driver`,
    );
  try {
    closeSync(openSync("/dev/zfs", "r+"));
  } catch (cause) {
    throw failedPrecondition(
      `${PREREQUISITES}: /dev/zfs cannot be opened (${messageOf(cause)}): load the kernel's module with \`modprobe zfs\`, or choose another --storage-driver`,
      { cause },
    );
  }
}

/** The file system of a pool that a folder is on. Errors: failedPrecondition. */
export function datasetOf(folder: string): string {
  const on = backingFileSystem(folder);
  if (on !== "zfs")
    throw failedPrecondition(
      `${PREREQUISITES}: the data root is on ${on}: put --data-root on a zfs file system, or name one by --storage-opt zfs.fsname=`,
    );
  const found = datasetInMounts(readFileSync("/proc/self/mountinfo", "utf8"), (point) => isOn(folder, point));
  if (found === undefined)
    throw failedPrecondition(`Failed to find zfs dataset mounted on '${folder}' in /proc/mounts`);
  return found;
}

/** The source of the first zfs mount (proc_pid_mountinfo(5)) whose mount point is chosen. */
export function datasetInMounts(
  mountinfo: string,
  choose: (mountPoint: string) => boolean,
): string | undefined {
  for (const line of mountinfo.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    const [type, dataset] = source.split(" ");
    if (type === "zfs" && dataset !== undefined && choose(unescaped(mount.split(" ")[4] ?? "")))
      return unescaped(dataset);
  }
  return undefined;
}

const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function isOn(folder: string, mountPoint: string): boolean {
  return statSync(mountPoint, { throwIfNoEntry: false })?.dev === statSync(folder).dev;
}
