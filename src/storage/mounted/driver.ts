import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { MNT, unmount } from "../../linux/mount.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import type { Change, CreateLayerOptions, StorageDriver } from "../driver.ts";
import { checkLayerID } from "../layer-id.ts";
import { folderSize } from "../size.ts";
import { NaiveDiff } from "../trees/naive-diff.ts";

/**
 * A driver whose layers are seen whole only where they are mounted, each on a folder of its own below `mountPoints`.
 * How they are made and mounted is the subclass's part; this one counts mounts and compares what is mounted.
 */
export abstract class MountedDriver implements StorageDriver {
  abstract readonly name: string;
  readonly independentLayers = false;
  readonly ids: IDMap | undefined;
  readonly #mountPoints: string;
  readonly #naive: NaiveDiff;
  /** Layer id → how often it is mounted. */
  readonly #mounts = new Map<string, number>();

  constructor(mountPoints: string, ids: IDMap | undefined) {
    this.#mountPoints = mountPoints;
    this.ids = ids;
    this.#naive = new NaiveDiff(this);
  }

  abstract status(): [string, string][];
  abstract create(id: string, parent: string | undefined, options?: CreateLayerOptions): Promise<void>;
  abstract exists(id: string): Promise<boolean>;
  abstract list(): Promise<string[]>;
  abstract metadata(id: string): Promise<Record<string, string>>;
  /** Mounts the layer, which is not mounted, on an empty folder; on an error it holds nothing. Errors: notFound, system. */
  protected abstract mountOn(id: string, target: string): void | Promise<void>;
  /** Removes a layer that is not mounted; one that is not there is no error. */
  protected abstract destroy(id: string): void | Promise<void>;

  /** Gives back what mountOn() took for a layer that is mounted no more. */
  protected released(_id: string): void | Promise<void> {}

  protected mountPoint(id: string): string {
    return join(this.#mountPoints, checkLayerID(id));
  }

  /** Where the whole layer is while it is mounted. */
  protected root(id: string): string {
    return this.mountPoint(id);
  }

  /** Where the layer's own files are while it is within reach; see access(). */
  protected ownFiles(id: string): string {
    return this.root(id);
  }

  async mount(id: string): Promise<string> {
    const target = this.mountPoint(id);
    const count = this.#mounts.get(id) ?? 0;
    this.#mounts.set(id, count + 1);
    if (count > 0 || isMountPoint(target)) return this.root(id);
    try {
      mkdirSync(target, { recursive: true, mode: 0o755 });
      await this.mountOn(id, target);
      return this.root(id);
    } catch (cause) {
      this.#mounts.delete(id);
      this.detach(target);
      throw systemError(`error creating ${this.name} mount to ${target}: ${messageOf(cause)}`, { cause });
    }
  }

  async unmount(id: string): Promise<void> {
    const count = this.#mounts.get(id) ?? 0;
    if (count > 1) {
      this.#mounts.set(id, count - 1);
      return;
    }
    this.#mounts.delete(id);
    this.detach(this.mountPoint(id));
    await this.released(id);
  }

  async remove(id: string): Promise<void> {
    this.detach(this.mountPoint(id));
    this.#mounts.delete(id);
    if (await this.exists(id)) await this.destroy(id);
  }

  /** Takes the mount point away as well, which undoes the mount in every other mount namespace. */
  protected detach(target: string): void {
    try {
      unmount(target, MNT.DETACH);
    } catch (error) {
      if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOENT") throw error;
    }
    try {
      rmdirSync(target);
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
    }
  }

  async access(id: string): Promise<AsyncDisposable> {
    await this.mount(id);
    return { [Symbol.asyncDispose]: () => this.unmount(id) };
  }

  async applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number> {
    await using _ = await this.access(id);
    const { folder, whiteouts } = this.diffTarget(id);
    return await unpack(tar, folder, { whiteouts, ids: this.ids, ...(observer ? { observer } : {}) });
  }

  diffTarget(id: string): { folder: string; whiteouts: Whiteouts } {
    return { folder: this.ownFiles(id), whiteouts: "remove" };
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.ownFiles(id));
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  diff(id: string, parent: string | undefined): AsyncIterable<Uint8Array> {
    return this.#naive.diff(id, parent);
  }

  changes(id: string, parent: string | undefined): Promise<Change[]> {
    return this.#naive.changes(id, parent);
  }

  async diffSize(id: string, parent: string | undefined): Promise<number> {
    if (parent !== undefined) return this.#naive.size(id, parent);
    await using _ = await this.access(id);
    return folderSize(this.ownFiles(id));
  }

  async cleanup(): Promise<void> {
    const folders = existsSync(this.#mountPoints) ? readdirSync(this.#mountPoints) : [];
    for (const name of folders) {
      this.detach(join(this.#mountPoints, name));
      await this.released(name);
    }
    this.#mounts.clear();
  }
}

function isMountPoint(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.dev !== statSync(join(path, "..")).dev;
}
