import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import { mountWithOptions, unmount } from "../../linux/mount.ts";
import type { VolumeMount } from "./options.ts";

/** Mounts what the volume's options name over its folder. Errors: system, in stock's words. */
export function mountVolume(name: string, volume: VolumeMount, path: string): void {
  try {
    mountWithOptions(volume.device, path, volume.type, volume.options.split(",").filter(Boolean));
  } catch (cause) {
    throw systemError(
      `error while mounting volume '${path}': failed to mount local volume ${name}: mount ${volume.device}:${path}, data: ${volume.options}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** Unmounts it; what is not mounted is no error. */
export function unmountVolume(path: string): void {
  try {
    unmount(path);
  } catch (error) {
    if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOENT") throw error;
  }
}
