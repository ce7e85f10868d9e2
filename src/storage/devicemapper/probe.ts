import { existsSync } from "node:fs";
import { errnoOf, failedPrecondition, messageOf } from "../../errors/errors.ts";
import { deviceMapperVersion } from "../../linux/device-mapper.ts";
import { readSmallFile } from "../../linux/fd.ts";

/**
 * Version of the kernel's interface. It is all that the driver stands on: no libdevmapper, and no udev that would have
 * to be synchronised with, for the nodes used are the kernel's own. Errors: failedPrecondition with the real cause.
 */
export function probeDeviceMapper(): string {
  try {
    return deviceMapperVersion();
  } catch (cause) {
    const code = errnoOf(cause);
    if (code !== "ENOENT" && code !== "ENODEV" && code !== "ENXIO")
      throw failedPrecondition(`driver not supported: /dev/mapper/control: ${messageOf(cause)}`, { cause });
    if (loadModule()) {
      try {
        return deviceMapperVersion();
      } catch {
        // As if it had not been loaded.
      }
    }
    throw failedPrecondition(`driver not supported: ${missing()}`, { cause });
  }
}

function loadModule(): boolean {
  if (Bun.which("modprobe") === null) return false;
  return Bun.spawnSync(["modprobe", "-q", "dm_mod"], { stderr: "ignore" }).exitCode === 0;
}

function missing(): string {
  const inKernel = / device-mapper$/m.test(readSmallFile("/proc/misc"));
  if (inKernel && !existsSync("/dev/mapper/control"))
    return "the kernel has the device mapper, but there is no /dev/mapper/control here: in a container, give it the host's /dev; else `dmsetup mknodes` makes it";
  return "the kernel has no device mapper: load its module with `modprobe dm_mod`, or choose another --storage-driver";
}
