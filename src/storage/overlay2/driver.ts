import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import { exists } from "../../errors/errors.ts";
import { removeTree } from "../../files/remove-tree.ts";
import { closeFd } from "../../linux/fd.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import {
  ALWAYS_WITHIN_REACH,
  type Change,
  type CreateLayerOptions,
  type MountLayerOptions,
  type StorageDriver,
} from "../driver.ts";
import { folderSize } from "../size.ts";
import { NaiveDiff } from "../trees/naive-diff.ts";
import { overlayChanges } from "./changes.ts";
import { Layout } from "./layout.ts";
import type { Limits } from "./limits.ts";
import { isMounted, type Mounter } from "./mount.ts";

export interface OverlayKind {
  /** "overlay2" or "fuse-overlayfs"; also the name of its folder in the data root. */
  name: string;
  status: [string, string][];
  mounter: Mounter;
  /** True if a layer's own folder is all that it changes, with the kernel's marks. */
  nativeDiff: boolean;
  whiteouts: Whiteouts;
  ids?: IDMap | undefined;
  limits: Limits;
}

/** Layers as folders that an overlay file system lays one over the other. */
export class Overlay implements StorageDriver {
  readonly name: string;
  readonly ids: IDMap | undefined;
  readonly #kind: OverlayKind;
  readonly #layout: Layout;
  readonly #naive: NaiveDiff | undefined;
  /** Layer id → how often it is mounted. */
  readonly #mounts = new Map<string, number>();

  /** `root` is <data-root>/<name>. */
  constructor(root: string, kind: OverlayKind) {
    this.name = kind.name;
    this.ids = kind.ids;
    this.#kind = kind;
    this.#layout = new Layout(root, kind.ids);
    this.#naive = kind.nativeDiff ? undefined : new NaiveDiff(this);
  }

  status(): [string, string][] {
    return this.#kind.status;
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    if (existsSync(this.#layout.folder(id))) throw exists(`storage layer ${id} exists already`);
    const bytes = this.#kind.limits.of(options);
    try {
      this.#layout.make(id, parent, (folder) => {
        if (bytes > 0) this.#kind.limits.set(folder, bytes);
      });
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async exists(id: string): Promise<boolean> {
    return this.#layout.exists(id);
  }

  async list(): Promise<string[]> {
    return readdirSync(this.#layout.root).filter((name) => existsSync(join(this.#layout.root, name, "link")));
  }

  async remove(id: string): Promise<void> {
    const folder = this.#layout.folder(id);
    if (!existsSync(folder)) return;
    if (existsSync(this.#layout.merged(id)) && isMounted(this.#layout, id))
      this.#kind.mounter.unmount(this.#layout, id);
    this.#mounts.delete(id);
    this.#kind.limits.lift(folder);
    for (const link of this.#layout.linksTo(id)) await rm(link, { force: true });
    await removeTree(folder);
  }

  async mount(id: string, options?: MountLayerOptions): Promise<string> {
    if (this.#layout.lower(id).length === 0) return this.#layout.diff(id);
    const count = this.#mounts.get(id) ?? 0;
    if (count === 0 && !isMounted(this.#layout, id))
      await this.#kind.mounter.mount(this.#layout, id, options);
    this.#mounts.set(id, count + 1);
    return this.#layout.merged(id);
  }

  async unmount(id: string): Promise<void> {
    const count = this.#mounts.get(id) ?? 0;
    if (count > 1) this.#mounts.set(id, count - 1);
    else {
      this.#mounts.delete(id);
      this.#kind.mounter.unmount(this.#layout, id);
    }
  }

  async metadata(id: string): Promise<Record<string, string>> {
    const lower = this.#layout.lowerFolders(id);
    const upper = this.#layout.diff(id);
    return {
      ...(lower.length > 0 ? { LowerDir: lower.join(":") } : {}),
      MergedDir: this.#layout.merged(id),
      UpperDir: upper,
      WorkDir: this.#layout.work(id),
    };
  }

  applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number> {
    const { whiteouts } = this.#kind;
    return unpack(tar, this.#layout.diff(id), {
      whiteouts,
      ids: this.ids,
      ...(observer ? { observer } : {}),
    });
  }

  readonly independentLayers = true;

  async access(): Promise<AsyncDisposable> {
    return ALWAYS_WITHIN_REACH;
  }

  diffTarget(id: string): { folder: string; whiteouts: Whiteouts } {
    return { folder: this.#layout.diff(id), whiteouts: this.#kind.whiteouts };
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.#layout.diff(id));
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  diff(id: string, parent: string | undefined): AsyncIterable<Uint8Array> {
    return (
      this.#naive?.diff(id, parent) ?? pack(this.#layout.diff(id), { whiteouts: "overlay", ids: this.ids })
    );
  }

  async changes(id: string, parent: string | undefined): Promise<Change[]> {
    if (this.#naive) return this.#naive.changes(id, parent);
    return overlayChanges(this.#layout.diff(id), this.#layout.lowerFolders(id));
  }

  async diffSize(id: string): Promise<number> {
    return folderSize(this.#layout.diff(id));
  }

  async cleanup(): Promise<void> {
    for (const id of this.#mounts.keys()) this.#kind.mounter.unmount(this.#layout, id);
    this.#mounts.clear();
  }
}
