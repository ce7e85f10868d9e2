import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack } from "../../archive/unpack.ts";
import { exists, invalidArgument } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import type { Change, CreateLayerOptions, StorageDriver } from "../driver.ts";
import { folderSize } from "../size.ts";
import { overlayChanges } from "./changes.ts";
import { Layout } from "./layout.ts";
import { isMounted, mountLayer, unmountLayer } from "./mount.ts";

/** Layers as folders that the kernel's overlayfs lays one over the other. */
export class Overlay2 implements StorageDriver {
  readonly name = "overlay2";
  readonly #layout: Layout;
  readonly #status: [string, string][];
  /** Layer id → how often it is mounted. */
  readonly #mounts = new Map<string, number>();

  /** `root` is <data-root>/overlay2. */
  constructor(root: string, status: [string, string][]) {
    this.#layout = new Layout(root);
    this.#status = status;
  }

  status(): [string, string][] {
    return this.#status;
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    const option = Object.keys(options.storageOpt ?? {})[0];
    if (option === "size") {
      throw invalidArgument(
        "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
      );
    }
    if (option !== undefined) throw invalidArgument(`Unknown option ${option}`);
    if (existsSync(this.#layout.folder(id))) throw exists(`storage layer ${id} exists already`);
    try {
      this.#layout.make(id, parent);
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async exists(id: string): Promise<boolean> {
    return this.#layout.exists(id);
  }

  async list(): Promise<string[]> {
    return readdirSync(this.#layout.root).filter((name) => name !== "l");
  }

  async remove(id: string): Promise<void> {
    const folder = this.#layout.folder(id);
    if (!existsSync(folder)) return;
    if (existsSync(this.#layout.merged(id)) && isMounted(this.#layout, id)) unmountLayer(this.#layout, id);
    this.#mounts.delete(id);
    if (existsSync(join(folder, "link"))) {
      rmSync(join(this.#layout.root, "l", this.#layout.link(id)), { force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  }

  async mount(id: string): Promise<string> {
    if (this.#layout.lower(id).length === 0) return this.#layout.diff(id);
    const count = this.#mounts.get(id) ?? 0;
    if (count === 0 && !isMounted(this.#layout, id)) mountLayer(this.#layout, id);
    this.#mounts.set(id, count + 1);
    return this.#layout.merged(id);
  }

  async unmount(id: string): Promise<void> {
    const count = this.#mounts.get(id) ?? 0;
    if (count > 1) this.#mounts.set(id, count - 1);
    else {
      this.#mounts.delete(id);
      unmountLayer(this.#layout, id);
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
    return unpack(tar, this.#layout.diff(id), { whiteouts: "overlay", ...(observer ? { observer } : {}) });
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.#layout.diff(id));
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  diff(id: string): AsyncIterable<Uint8Array> {
    return pack(this.#layout.diff(id), { whiteouts: "overlay" });
  }

  async changes(id: string): Promise<Change[]> {
    return overlayChanges(this.#layout.diff(id), this.#layout.lowerFolders(id));
  }

  async diffSize(id: string): Promise<number> {
    return folderSize(this.#layout.diff(id));
  }

  async cleanup(): Promise<void> {
    for (const id of this.#mounts.keys()) unmountLayer(this.#layout, id);
    this.#mounts.clear();
  }
}
