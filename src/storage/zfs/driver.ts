import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { exists, failedPrecondition, messageOf, notFound } from "../../errors/errors.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { mount } from "../../linux/mount.ts";
import type { CreateLayerOptions } from "../driver.ts";
import { checkLayerID } from "../layer-id.ts";
import { MountedDriver } from "../mounted/driver.ts";
import { Zfs } from "./command.ts";
import { quotaAsked } from "./options.ts";

/** Mounts a file system of a pool on a folder. */
export type ZfsMounter = (dataset: string, target: string) => void;

export const kernelZfs: ZfsMounter = (dataset, target) => mount(dataset, target, "zfs");

const LAYER = /^[0-9a-f]{64}(-init)?$/;

/**
 * Layers as file systems of a zfs pool, each a clone of the one below; as moby's, <fsname>/<id> is mounted on
 * <root>/graph/<id>.
 */
export class ZfsDriver extends MountedDriver {
  readonly name = "zfs";
  readonly #dataset: string;
  readonly #mounter: ZfsMounter;
  readonly #zfs = new Zfs();
  /** Ids of the layers that are there. */
  readonly #layers: Set<string>;

  private constructor(root: string, dataset: string, layers: Set<string>, mounter: ZfsMounter, ids?: IDMap) {
    super(join(root, "graph"), ids);
    this.#dataset = dataset;
    this.#layers = layers;
    this.#mounter = mounter;
    mkdirSync(root, { recursive: true, mode: 0o710 });
    chownSync(root, 0, hostRoot(ids).gid);
  }

  /** `root` is <data-root>/zfs. Errors: failedPrecondition if there is no such dataset. */
  static async open(root: string, dataset: string, mounter: ZfsMounter, ids?: IDMap): Promise<ZfsDriver> {
    let names: string[];
    try {
      names = await new Zfs().list(dataset);
    } catch (cause) {
      throw failedPrecondition(`Cannot find root filesystem ${dataset}: ${messageOf(cause)}`, { cause });
    }
    const below = names.map((name) => name.slice(dataset.length + 1));
    const layers = new Set(below.filter((name) => name !== "" && !name.includes("/")));
    return new ZfsDriver(root, dataset, layers, mounter, ids);
  }

  #name(id: string): string {
    return `${this.#dataset}/${checkLayerID(id)}`;
  }

  status(): [string, string][] {
    const [pool = ""] = this.#dataset.split("/");
    const { used, available, quota, compression } = this.#zfs.facts(this.#dataset);
    return [
      ["Zpool", pool],
      ["Zpool Health", this.#zfs.poolHealth(pool)],
      ["Parent Dataset", this.#dataset],
      ["Space Used By Parent", String(used)],
      ["Space Available", String(available)],
      ["Parent Quota", quota === 0 ? "no" : String(quota)],
      ["Compression", compression],
    ];
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    const quota = quotaAsked(options.storageOpt ?? {});
    if (this.#layers.has(id)) throw exists(`storage layer ${id} exists already`);
    if (parent === undefined) await this.#zfs.create(this.#name(id));
    else await this.#zfs.clone(this.#require(parent), this.#name(id));
    try {
      if (quota !== undefined && quota !== "0") await this.#zfs.setQuota(this.#name(id), quota);
    } catch (error) {
      await this.#zfs.destroy(this.#name(id));
      throw error;
    }
    this.#layers.add(id);
  }

  #require(id: string): string {
    if (!this.#layers.has(id)) throw notFound(`storage layer ${id}: not found in ${this.#dataset}`);
    return this.#name(id);
  }

  async exists(id: string): Promise<boolean> {
    return this.#layers.has(id);
  }

  /** Only what has the name of a layer: other file systems may have been made there by people. */
  async list(): Promise<string[]> {
    return [...this.#layers].filter((name) => LAYER.test(name));
  }

  async metadata(id: string): Promise<Record<string, string>> {
    return { Mountpoint: this.mountPoint(id), Dataset: this.#name(id) };
  }

  protected mountOn(id: string, target: string): void {
    this.#mounter(this.#require(id), target);
    const { uid, gid } = hostRoot(this.ids);
    chownSync(target, uid, gid);
  }

  protected async destroy(id: string): Promise<void> {
    await this.#zfs.destroy(this.#name(id));
    this.#layers.delete(id);
  }
}
