import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { failedPrecondition, messageOf } from "../errors/errors.ts";
import { makeNode, S_IFBLK } from "../linux/inode.ts";
import { limitProject, projectOf, setProject } from "../linux/project-quota.ts";

/** The node of the backing file system's device, as moby names it. */
export const DEVICE_NODE = "backingFsBlockDev";

/** Device number → the highest project id in use there: file systems are shared by layers and volumes. */
const highest = new Map<number, number>();

/** Limits what folders hold, by a project each, where the file system has project quotas. */
export class ProjectQuotas {
  readonly #device: string;
  readonly #on: number;

  private constructor(device: string, on: number) {
    this.#device = device;
    this.#on = on;
  }

  /** For the folders in `root`. Errors: failedPrecondition, with the reason, where that cannot be. */
  static open(root: string): ProjectQuotas {
    const device = join(root, DEVICE_NODE);
    const on = statSync(root).dev;
    try {
      rmSync(device, { force: true });
      makeNode(device, S_IFBLK | 0o600, BigInt(on));
      const least = projectOf(root) + 1;
      limitProject(device, least, 0);
      const used = readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => projectOf(join(root, name)));
      highest.set(on, Math.max(highest.get(on) ?? 0, least, ...used));
    } catch (cause) {
      rmSync(device, { force: true });
      throw failedPrecondition(`Filesystem does not support Project Quota: ${messageOf(cause)}`, { cause });
    }
    return new ProjectQuotas(device, on);
  }

  /** Undefined where there are none. */
  static tryOpen(root: string): ProjectQuotas | undefined {
    try {
      return ProjectQuotas.open(root);
    } catch {
      return undefined;
    }
  }

  /** Limits the bytes that a folder may hold, with all that will be made in it. Errors: those of the kernel. */
  limit(folder: string, bytes: number): void {
    let project = projectOf(folder);
    // One that it has inherited is the parent's.
    if (project <= projectOf(join(folder, ".."))) {
      project = highest.get(this.#on)! + 1;
      highest.set(this.#on, project);
      setProject(folder, project);
    }
    limitProject(this.#device, project, bytes);
  }

  /** Takes the limit away, before the folder goes. */
  lift(folder: string): void {
    const project = projectOf(folder);
    if (project > projectOf(join(folder, ".."))) limitProject(this.#device, project, 0);
  }
}
