import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { pack } from "../../archive/pack.ts";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import { exists, invalidArgument, notFound } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import { ALWAYS_WITHIN_REACH, type Change, type CreateLayerOptions, type StorageDriver } from "../driver.ts";
import { checkLayerID } from "../layer-id.ts";
import { folderSize } from "../size.ts";
import { compareTrees } from "./compare.ts";
import { packChanges } from "./pack-changes.ts";

/** A driver whose layers are whole trees, each a copy of the one below; how they are copied is the subclass's part. */
export abstract class TreeDriver implements StorageDriver {
  abstract readonly name: string;
  /** The folder of all trees. */
  protected readonly trees: string;
  readonly ids: IDMap | undefined;

  constructor(trees: string, ids: IDMap | undefined) {
    this.trees = trees;
    this.ids = ids;
  }

  /** Makes the folder of all trees, which the root of containers may pass. */
  protected makeTrees(): void {
    const { gid } = hostRoot(this.ids);
    mkdirSync(this.trees, { recursive: true, mode: 0o710 });
    for (const folder of [dirname(this.trees), this.trees]) chownSync(folder, 0, gid);
  }

  protected abstract makeTree(path: string): void | Promise<void>;
  /** All or nothing. */
  protected abstract copyTree(from: string, to: string): void | Promise<void>;
  protected abstract removeTree(path: string): void | Promise<void>;
  /** Limits what a layer may hold. Errors: invalidArgument where that cannot be. */
  protected limit(_id: string, options: Record<string, string>): void {
    if (Object.keys(options).length > 0)
      throw invalidArgument(`--storage-opt is not supported for ${this.name}`);
  }

  abstract status(): [string, string][];

  protected path(id: string): string {
    return `${this.trees}/${checkLayerID(id)}`;
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    const path = this.path(id);
    if (existsSync(path)) throw exists(`storage layer ${id} exists already`);
    if (parent === undefined) {
      await this.makeTree(path);
      const { uid, gid } = hostRoot(this.ids);
      chownSync(path, uid, gid);
    } else {
      this.#require(parent);
      await this.copyTree(this.path(parent), path);
    }
    try {
      this.limit(id, options.storageOpt ?? {});
    } catch (error) {
      await this.removeTree(path);
      throw error;
    }
  }

  #require(id: string): string {
    const path = this.path(id);
    if (!existsSync(path)) throw notFound(`storage layer ${id}: not found in ${this.trees}`);
    return path;
  }

  async exists(id: string): Promise<boolean> {
    return existsSync(this.path(id));
  }

  async list(): Promise<string[]> {
    return readdirSync(this.trees);
  }

  async remove(id: string): Promise<void> {
    if (existsSync(this.path(id))) await this.removeTree(this.path(id));
  }

  async mount(id: string): Promise<string> {
    return this.#require(id);
  }

  async unmount(): Promise<void> {}

  async metadata(): Promise<Record<string, string>> {
    return {};
  }

  applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number> {
    return unpack(tar, this.path(id), {
      whiteouts: "remove",
      ids: this.ids,
      ...(observer ? { observer } : {}),
    });
  }

  readonly independentLayers = false;

  async access(): Promise<AsyncDisposable> {
    return ALWAYS_WITHIN_REACH;
  }

  diffTarget(id: string): { folder: string; whiteouts: Whiteouts } {
    return { folder: this.path(id), whiteouts: "remove" };
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.path(id));
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  async *diff(id: string, parent: string | undefined): AsyncGenerator<Uint8Array> {
    if (parent === undefined) yield* pack(this.path(id), { ids: this.ids });
    else yield* packChanges(this.path(id), await this.changes(id, parent), this.ids);
  }

  async changes(id: string, parent: string | undefined): Promise<Change[]> {
    return compareTrees(this.path(id), parent === undefined ? undefined : this.path(parent));
  }

  async diffSize(id: string, parent: string | undefined): Promise<number> {
    if (parent === undefined) return folderSize(this.path(id));
    const { sizeOfChanges } = await import("./pack-changes.ts");
    return sizeOfChanges(this.path(id), await this.changes(id, parent));
  }

  async cleanup(): Promise<void> {}
}
