import { mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import { inFolder } from "../../linux/chdir.ts";
import { MNT, mount, unmount } from "../../linux/mount.ts";
import type { MountLayerOptions } from "../driver.ts";
import type { Layout } from "./layout.ts";

/** What the kernel takes as options of one mount, bytes. */
const PAGE = 4096;

/** Puts a layer over those below it, at its folder `merged`. */
export interface Mounter {
  /** Errors: system. */
  mount(layout: Layout, id: string, options?: MountLayerOptions): void | Promise<void>;
  /** What is not mounted is no error. */
  unmount(layout: Layout, id: string): void;
}

let knowsVolatile = true;

/** The kernel's overlayfs. `prefix` goes in front of the options, "index=off," for example. */
export function kernelOverlay(prefix: string): Mounter {
  return {
    mount(layout, id, options) {
      if (!options?.unsynced || !knowsVolatile) return mountLayer(layout, id, prefix);
      try {
        mountLayer(layout, id, `volatile,${prefix}`);
      } catch {
        // Kernels before 5.10 do not know the option.
        mountLayer(layout, id, prefix);
        knowsVolatile = false;
      }
    },
    unmount: unmountLayer,
  };
}

function mountLayer(layout: Layout, id: string, prefix: string): void {
  const build = (lower: string[], upper: string, work: string) =>
    `${prefix}lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
  const at = (link: string) => `${layout.root}/${link}`;
  const whole = build(layout.lower(id).map(at), layout.diff(id), layout.work(id));
  try {
    mkdirSync(layout.merged(id), { recursive: true, mode: 0o700 });
    if (whole.length < PAGE - 1) mount("overlay", layout.merged(id), "overlay", 0, whole);
    else mountRelative(layout, id, build(layout.lower(id), `${id}/diff`, `${id}/work`));
  } catch (cause) {
    throw systemError(`error creating overlay mount to ${layout.merged(id)}: ${messageOf(cause)}`, { cause });
  }
}

/** Deep chains fit only by relative names. */
function mountRelative(layout: Layout, id: string, options: string): void {
  if (options.length >= PAGE - 1)
    throw new Error(`cannot mount layer: mount options are too large: ${options.length} bytes`);
  inFolder(layout.root, () => mount("overlay", `${id}/merged`, "overlay", 0, options));
}

/** Unmounts a layer, and takes the mount point away, as stock does; what is not mounted is no error. */
export function unmountLayer(layout: Layout, id: string): void {
  try {
    unmount(layout.merged(id), MNT.DETACH);
  } catch (error) {
    if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOENT") throw error;
  }
  // The mark of a volatile mount, without which the layer can be mounted again: by stock Docker, which does so for `diff`.
  rmSync(join(layout.work(id), "work/incompat"), { recursive: true, force: true });
  removeEmpty(layout.merged(id));
}

/** A folder that still holds something is left alone: it may be mounted elsewhere. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
  }
}

/** True if something is mounted at the layer's folder, by us or by a daemon before us. */
export function isMounted(layout: Layout, id: string): boolean {
  const merged = statSync(layout.merged(id), { throwIfNoEntry: false });
  return merged !== undefined && merged.dev !== statSync(layout.folder(id)).dev;
}
