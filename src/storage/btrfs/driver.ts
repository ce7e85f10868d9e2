import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import {
  createSubvolume,
  destroySubvolume,
  enableQuota,
  limitSubvolume,
  SUBVOLUME_INODE,
  snapshotSubvolume,
} from "../../linux/btrfs.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { humanSize, parseSize } from "../../units/size.ts";
import { backingFileSystem } from "../filesystem.ts";
import { TreeDriver } from "../trees/driver.ts";

/** What `--storage-opt btrfs.…` sets. */
export interface BtrfsOptions {
  /** Bytes: the least that a container's size may be. */
  minSpace: number;
}

/** Errors: invalidArgument. */
export function btrfsOptions(given: readonly string[]): BtrfsOptions {
  const options: BtrfsOptions = { minSpace: 0 };
  for (const text of given) {
    const [, value] = /^btrfs\.min_space=(.*)$/i.exec(text) ?? [];
    if (value === undefined) throw invalidArgument(`Unknown option ${text} (known: btrfs.min_space)`);
    options.minSpace = parseSize(value);
  }
  return options;
}

/** Layers as subvolumes, each a snapshot of the one below. */
export class Btrfs extends TreeDriver {
  readonly name = "btrfs";
  readonly #quotas: string;
  readonly #options: BtrfsOptions;

  /** `root` is <data-root>/btrfs; subvolumes/<id>, and quotas/<id> with the limit, as moby has them. */
  constructor(root: string, options: BtrfsOptions = { minSpace: 0 }, ids?: IDMap) {
    super(join(root, "subvolumes"), ids);
    this.#options = options;
    this.#quotas = join(root, "quotas");
    const on = backingFileSystem(join(root, ".."));
    if (on !== "btrfs") {
      throw failedPrecondition(
        `prerequisites for driver not satisfied (wrong filesystem?): the data root is on ${on}: put --data-root on a btrfs file system, or choose another --storage-driver`,
      );
    }
    this.makeTrees();
  }

  status(): [string, string][] {
    return [["Btrfs", ""]];
  }

  protected makeTree(path: string): void {
    createSubvolume(path);
    chmodSync(path, 0o755);
  }

  protected copyTree(from: string, to: string): void {
    snapshotSubvolume(from, to);
  }

  protected removeTree(path: string): void {
    try {
      destroySubvolume(path);
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOTEMPTY") destroyNested(path);
      else if (lstatSync(path).ino !== SUBVOLUME_INODE) rmSync(path, { recursive: true });
      else throw error;
    }
    rmSync(join(this.#quotas, path.slice(this.trees.length + 1)), { force: true });
  }

  /** A limit counts what a layer refers to, so also what it shares with those below. */
  protected override limit(id: string, options: Record<string, string>): void {
    for (const key of Object.keys(options))
      if (key !== "size") throw invalidArgument(`Unknown option ${key} (btrfs knows: size)`);
    const { size } = options;
    if (size === undefined) return;
    const bytes = parseSize(size);
    if (bytes <= 0) throw invalidArgument(`btrfs: invalid storage size: ${humanSize(bytes)}`);
    const { minSpace } = this.#options;
    if (bytes < minSpace)
      throw invalidArgument(`btrfs: storage size cannot be less than ${humanSize(minSpace)}`);
    enableQuota(this.trees);
    limitSubvolume(this.path(id), bytes);
    if (!existsSync(this.#quotas)) mkdirSync(this.#quotas, { mode: 0o700 });
    writeFileSync(join(this.#quotas, id), String(bytes), { mode: 0o644 });
  }
}

/** A container may have made subvolumes of its own within its layer. */
function destroyNested(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = `${path}/${entry.name}`;
    if (!entry.isDirectory()) continue;
    destroyWithin(child);
  }
  destroySubvolume(path);
}

function destroyWithin(path: string): void {
  if (lstatSync(path).ino === SUBVOLUME_INODE) return destroyNested(path);
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) destroyWithin(`${path}/${entry.name}`);
}
