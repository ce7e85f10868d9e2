/**
 * Device nodes that a plan makes on the root file system itself, where no mount of the container covers them: they would
 * outlive a container that comes to nothing.
 */
import { lstatSync } from "node:fs";
import { errnoOf } from "../errors/errors.ts";
import { unlinkIfThere } from "../linux/fd.ts";
import { makeDevice } from "../linux/inode.ts";
import { O_DIRECTORY, O_PATH, withInRoot } from "../linux/openat2.ts";
import type { Op, Plan } from "./plan/ops.ts";

type Node = Extract<Op, { op: "mknod" }>;

const O_NOFOLLOW = 0o400000;
const S_IFMT = 0o170000;

const isBelow = (path: string, folder: string) => folder === "/" || path.startsWith(`${folder}/`);

/** The operations whose nodes lie below no mount. */
export function nodesOnRoot(plan: Plan): Node[] {
  const mounts = plan.flatMap((op) => (op.op === "mount" || op.op === "bind" ? [String(op.target)] : []));
  return plan.filter(
    (op): op is Node => op.op === "mknod" && !mounts.some((mount) => isBelow(String(op.path), mount)),
  );
}

/** Those of them that are still to be made. Links in the root are followed there. */
export function missingNodes(plan: Plan, root: string): Node[] {
  return nodesOnRoot(plan).filter(({ path }) => {
    try {
      return withInRoot(root, String(path), O_PATH | O_NOFOLLOW, () => false);
    } catch (error) {
      return errnoOf(error) === "ENOENT";
    }
  });
}

/** Removes nodes that were made; what is something else by now stays. */
export function removeNodes(nodes: readonly Node[], root: string): void {
  for (const { path, mode, major, minor } of nodes) {
    const slash = String(path).lastIndexOf("/");
    try {
      withInRoot(root, String(path).slice(0, slash), O_PATH | O_DIRECTORY, (folder) => {
        const place = `/proc/self/fd/${folder}/${String(path).slice(slash + 1)}`;
        const file = lstatSync(place, { bigint: true });
        const same = (Number(file.mode) & S_IFMT) === (Number(mode) & S_IFMT);
        if (same && file.rdev === makeDevice(Number(major), Number(minor))) unlinkIfThere(place);
      });
    } catch (error) {
      // It had not come to that.
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }
}
