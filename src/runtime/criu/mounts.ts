/** Which mounts of a container CRIU must not look into because they come from outside, and where they come from. */
import { errnoOf } from "../../errors/errors.ts";
import { O_RDONLY } from "../../linux/fd.ts";
import { readLink, realPath } from "../../linux/folder.ts";
import { O_DIRECTORY, O_PATH, withInRoot } from "../../linux/openat2.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { compileDevices } from "../compile/devices.ts";
import type { Facts } from "../compile/facts.ts";
import { compileMounts } from "../compile/mounts.ts";
import { namespacesOf } from "../compile/namespaces.ts";

export interface OutsideMount {
  /** Where it is mounted in the container, by its true path there. */
  target: string;
  source: string;
}

/** What masks a file, by the name that both sides use. */
const NOTHING = "/dev/null";

/** A path of config.json with the root's links followed. */
function truePath(rootfs: string, path: string): string {
  const root = realPath(rootfs);
  try {
    const real = withInRoot(root, path, O_PATH, (fd) => readLink(`/proc/self/fd/${fd}`));
    return root === "/" ? real : real.slice(root.length) || "/";
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return path;
    throw error;
  }
}

/** All bind mounts: those of config.json, v1 cgroups, and devices that could not be made. */
export function outsideMounts(spec: Spec, facts: Facts, rootfs: string): OutsideMount[] {
  const canMake = !facts.rootless && !namespacesOf(spec).has("user");
  const operations = [...compileMounts(spec, facts), ...compileDevices(spec, canMake, facts.kcore)];
  return operations.flatMap((op) =>
    op.op === "bind" ? [{ target: truePath(rootfs, String(op.target)), source: String(op.source) }] : [],
  );
}

const isFolder = (root: string, path: string): boolean | undefined => {
  try {
    return withInRoot(root, path, O_RDONLY | O_PATH | O_DIRECTORY, () => true);
  } catch (error) {
    if (errnoOf(error) === "ENOTDIR") return false;
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
};

/** For a dump: each bind mount under its own path as name, and masked files under the name of nothing. */
export function dumpedMounts(
  mounts: readonly OutsideMount[],
  masked: readonly string[],
  pid: number,
): { key: string; val: string }[] {
  const files = masked.filter((path) => isFolder(`/proc/${pid}/root`, path) === false);
  return [
    ...mounts.map(({ target }) => ({ key: target, val: target })),
    ...files.map((path) => ({ key: path, val: NOTHING })),
  ];
}

/** For a restore: by those names, what is to be mounted. */
export function restoredMounts(
  mounts: readonly OutsideMount[],
  masked: readonly string[],
): { key: string; val: string }[] {
  return [
    ...mounts.map(({ target, source }) => ({ key: target, val: source })),
    ...(masked.length > 0 ? [{ key: NOTHING, val: NOTHING }] : []),
  ];
}
