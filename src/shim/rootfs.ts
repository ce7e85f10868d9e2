import { invalidArgument, systemError } from "../errors/errors.ts";
import { makeFolder } from "../linux/fd.ts";
import { MNT, mountWithOptions, unmount } from "../linux/mount.ts";
import type { Mount } from "../proto/containerd/types/mount.ts";

/** mount(2) takes one page of options. */
const OPTIONS_LIMIT = 4095;

/** Mounts a container's root file system, first mount lowest. On an error nothing stays mounted. */
export function mountRootfs(mounts: readonly Mount[], target: string): void {
  if (mounts.length === 0) return;
  makeFolder(target, 0o711);
  try {
    for (const { source, type, target: inner, options } of mounts)
      mountOne(source, insideOf(target, inner), type, options);
  } catch (cause) {
    unmountAll(target);
    throw systemError(`failed to mount rootfs component on ${target}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function insideOf(target: string, inner: string): string {
  if (inner === "" || inner === "/") return target;
  if (inner.split("/").includes(".."))
    throw invalidArgument(`mount target ${inner} leaves the root file system`);
  return `${target}/${inner}`;
}

function mountOne(source: string, target: string, type: string, options: string[]): void {
  const length = options.reduce((sum, option) => sum + option.length + 1, 0);
  const folder = type === "overlay" && length > OPTIONS_LIMIT ? lowerFolder(options) : undefined;
  if (folder === undefined) {
    mountWithOptions(source, target, type, options);
    return;
  }
  // Many layers: with their common folder as working directory, their short relative names fit.
  const before = process.cwd();
  process.chdir(folder);
  try {
    const shorter = options.map((option) =>
      option.startsWith("lowerdir=") ? option.replaceAll(`${folder}/`, "") : option,
    );
    mountWithOptions(source, target, type, shorter);
  } finally {
    process.chdir(before);
  }
}

/** The folder that all lower directories of an overlay are in. */
function lowerFolder(options: readonly string[]): string | undefined {
  const lower = options.find((option) => option.startsWith("lowerdir="))?.slice("lowerdir=".length);
  const folders = lower?.split(":") ?? [];
  const first = folders[0]?.split("/") ?? [];
  let shared = first.length - 1;
  for (const folder of folders) {
    const parts = folder.split("/");
    shared = Math.min(shared, parts.length - 1);
    for (let i = 0; i < shared; i++) if (parts[i] !== first[i]) shared = i;
  }
  return shared > 1 ? first.slice(0, shared).join("/") : undefined;
}

/** Unmounts everything that is mounted on the folder itself; a busy mount is detached. */
export function unmountAll(target: string): void {
  for (;;) {
    try {
      unmount(target, MNT.NOFOLLOW);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code !== "EBUSY") return;
      unmount(target, MNT.NOFOLLOW | MNT.DETACH);
    }
  }
}
