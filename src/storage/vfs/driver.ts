import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemError } from "../../errors/errors.ts";
import { removeTree } from "../../files/remove-tree.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { TreeDriver } from "../trees/driver.ts";

/** Each layer a whole copy of the one below: slow and large, but it works on every file system. */
export class Vfs extends TreeDriver {
  readonly name = "vfs";

  /** `root` is <data-root>/vfs; layers are under dir/, as moby has them. */
  constructor(root: string, ids?: IDMap) {
    super(join(root, "dir"), ids);
    this.makeTrees();
  }

  status(): [string, string][] {
    return [];
  }

  protected makeTree(path: string): void {
    mkdirSync(path, { mode: 0o755 });
  }

  protected async copyTree(from: string, to: string): Promise<void> {
    const copy = Bun.spawn(["cp", "-a", "--reflink=auto", from, to], { stdout: "ignore", stderr: "pipe" });
    if ((await copy.exited) === 0) return;
    const why = (await new Response(copy.stderr).text()).trim();
    rmSync(to, { recursive: true, force: true });
    throw systemError(`cannot copy storage layer ${from} to ${to}: ${why}`);
  }

  protected removeTree(path: string): Promise<void> {
    return removeTree(path);
  }
}
