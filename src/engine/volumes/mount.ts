import { getSystemErrorMap } from "node:util";
import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import { mountWithOptions, splitMountOptions, unmount } from "../../linux/mount.ts";
import type { VolumeMount } from "./options.ts";

/** Mounts what the volume's options name over its folder. Errors: system, in stock's words. */
export function mountVolume(volume: VolumeMount, path: string): void {
  try {
    mountWithOptions(volume.device, path, volume.type, volume.options.split(",").filter(Boolean));
  } catch (cause) {
    throw systemError(
      `error while mounting volume '${path}': failed to mount local volume: ${shown(volume, path)}: ${reason(cause)}`,
      { cause },
    );
  }
}

function shown({ device, options }: VolumeMount, path: string): string {
  const { flags, data } = splitMountOptions(options.split(",").filter(Boolean));
  const parts = [`mount ${device}:${path}`];
  if (flags !== 0) parts.push(`flags: 0x${flags.toString(16)}`);
  if (data !== "") parts.push(`data: ${data}`);
  return parts.join(", ");
}

/** The kernel's reason as the C library words it. */
function reason(error: unknown): string {
  const code = errnoOf(error);
  const known = [...getSystemErrorMap().values()].find(([name]) => name === code);
  return known ? known[1] : messageOf(error);
}

/** Unmounts it; what is not mounted is no error. */
export function unmountVolume(path: string): void {
  try {
    unmount(path);
  } catch (error) {
    if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOENT") throw error;
  }
}
