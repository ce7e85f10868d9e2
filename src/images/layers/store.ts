import { randomBytes } from "node:crypto";
import { conflict, messageOf, notFound } from "../../errors/errors.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { KeyedLock } from "../../lock/keyed-lock.ts";
import type { Logger } from "../../log/log.ts";
import type { StorageDriver } from "../../storage/driver.ts";
import type {
  Digest,
  ForeignBlob,
  Layer,
  LayerFile,
  LayerStep,
  LayerStore,
  PreparedLayer,
  RWLayer,
  RWLayerOptions,
} from "../types.ts";
import { chainID } from "./chain-id.ts";
import { EarlyLayer } from "./early.ts";
import { UnpackPlaces } from "./places.ts";
import { type LayerRecord, LayerRecords, type MountRecord, TAR_SPLIT } from "./records.ts";
import { Removals } from "./removals.ts";
import { ContainerLayer } from "./rw-layer.ts";
import { type PendingLayer, refuseDepth, refuseOther, StackBuilder } from "./stack.ts";
import { StoredLayer } from "./stored-layer.ts";
import type { UnpackContext, Unpacked } from "./unpack.ts";
import { Unpackers } from "./unpackers.ts";

/** A layer and how often it is referred to: by images, by containers, by layers on top of it. */
interface Held {
  layer: StoredLayer;
  record: LayerRecord;
  references: number;
  /** Bytes of its tar; only known if it has come since dockerd was started. */
  tarSize?: number;
}

/** LayerStore over a storage driver, recorded in moby's layerdb. */
export class LayerDatabase implements LayerStore {
  readonly #driver: StorageDriver;
  readonly #records: LayerRecords;
  readonly #layers = new Map<Digest, Held>();
  readonly #containers = new Map<string, ContainerLayer>();
  /** By chainID: two that store the same layer do so one after the other. */
  readonly #locks = new KeyedLock();
  readonly #unpacking = new UnpackPlaces();
  readonly #unpackers = new Unpackers();
  readonly #removals: Removals;

  private constructor(driver: StorageDriver, records: LayerRecords, log: Logger) {
    this.#driver = driver;
    this.#records = records;
    this.#removals = new Removals(driver, records, log);
  }

  /** Reads layerdb under `root` and finishes what a crash interrupted. */
  static async open(root: string, driver: StorageDriver, log: Logger): Promise<LayerDatabase> {
    const records = new LayerRecords(root);
    const store = new LayerDatabase(driver, records, log);
    store.#load(log);
    await store.#cleanUp(log);
    return store;
  }

  /** How the ids of containers are mapped to those of the files here. */
  get ids(): IDMap | undefined {
    return this.#driver.ids;
  }

  get driverName(): string {
    return this.#driver.name;
  }

  #load(log: Logger): void {
    const found = new Map(this.#records.list().map((record) => [record.chainID, record]));
    const load = (id: Digest): StoredLayer | undefined => {
      const held = this.#layers.get(id);
      if (held) return held.layer;
      const record = found.get(id);
      if (!record) return undefined;
      const parent = record.parent === undefined ? undefined : load(record.parent);
      if (record.parent !== undefined && !parent) {
        log.warn("layer has lost the one below it and is left alone", { layer: id, parent: record.parent });
        return undefined;
      }
      return this.#hold(record, parent).layer;
    };
    for (const id of found.keys()) load(id);
    for (const mount of this.#records.mounts()) this.#loadMount(mount, log);
  }

  #loadMount(mount: MountRecord, log: Logger): void {
    const parent = mount.parent === undefined ? undefined : this.#layers.get(mount.parent);
    if (mount.parent !== undefined && !parent) {
      log.warn("container's layer has lost its image's and is left alone", {
        container: mount.name,
        layer: mount.parent,
      });
      return;
    }
    if (parent) parent.references++;
    this.#containers.set(mount.name, new ContainerLayer(mount, parent?.layer, this.#driver));
  }

  /** Keeps the layer and adds the reference that it has to the one below. */
  #hold(record: LayerRecord, parent: StoredLayer | undefined): Held {
    const held: Held = {
      layer: new StoredLayer(record, parent, this.#driver, this.#records),
      record,
      references: 0,
    };
    this.#layers.set(record.chainID, held);
    if (parent) this.#layers.get(parent.chainID)!.references++;
    return held;
  }

  async #cleanUp(log: Logger): Promise<void> {
    const interrupted = this.#records.removals();
    for (const [, cacheID] of interrupted) log.info("goes on removing a layer", { cacheID });
    this.#removals.add(interrupted);
    const used = new Set([
      ...[...this.#layers.values()].map((held) => held.record.cacheID),
      ...this.#records.mounts().map(({ mountID }) => mountID),
    ]);
    for (const [folder, cacheID] of this.#records.leftovers()) {
      if (cacheID !== undefined && !used.has(cacheID)) {
        await this.#driver.remove(cacheID);
        // One that was made for a container may have got no further than this.
        await this.#driver.remove(`${cacheID}-init`);
        log.info("removed a layer that was never finished", { cacheID });
      }
      this.#records.forget(folder);
    }
  }

  /**
   * Removes layers that no image, container or layer above has, once they are so many milliseconds old. Only to be called
   * when all images have taken theirs.
   */
  sweepUnused(age: number, log: Logger): void {
    const unused = [...this.#layers.values()].filter((held) => held.references === 0);
    for (const held of unused) {
      if (this.#records.age(held.record.chainID) < age) continue;
      log.info("removes a layer that no image came to need", { layer: held.record.chainID });
      this.#unreference(held);
    }
  }

  /** A stream of a tar, packed or not. */
  async register(
    tar: AsyncIterable<Uint8Array>,
    parent: Digest | undefined,
    expected?: Digest,
  ): Promise<Layer> {
    if (parent !== undefined && !this.#layers.has(parent)) throw notFound(`layer ${parent} does not exist`);
    refuseDepth(this.#depth(parent) + 1);
    const below = parent === undefined ? undefined : this.#retain(parent);
    try {
      const pending = await this.#begin(below?.layer.cacheID);
      try {
        const unpacked = await this.#fill(pending, undefined, { stream: tar });
        refuseOther(unpacked.diffID, expected);
        const id = chainID(parent, unpacked.diffID);
        return await this.#locks.run(id, () => this.#commit(pending, parent, unpacked));
      } catch (error) {
        await this.#abandon(pending);
        throw error;
      }
    } finally {
      if (below) this.#unreference(below);
    }
  }

  async registerStack(
    parent: Digest | undefined,
    steps: readonly LayerStep[],
    signal?: AbortSignal,
  ): Promise<Layer> {
    refuseDepth(this.#depth(parent) + steps.length);
    const stack = new StackBuilder(
      {
        has: (id) => this.#layers.has(id),
        retain: (id) => this.#retain(id).layer,
        release: (layer) => this.release(layer),
        begin: (below) => this.#begin(below),
        fill: (pending, file, context, again) => this.#fillFrom(pending, file, context, again),
        commit: (pending, below, unpacked, foreign) => this.#commit(pending, below, unpacked, foreign),
        abandon: (pending) => this.#abandon(pending),
        parallel: this.#driver.independentLayers,
      },
      this.#unpacking,
    );
    return stack.build(parent, steps, this.#locks, signal);
  }

  /** Layers from this one down. */
  #depth(id: Digest | undefined): number {
    let depth = 0;
    let layer = id === undefined ? undefined : this.#layers.get(id)?.layer;
    for (; layer; layer = layer.parent) depth++;
    return depth;
  }

  async #begin(below: string | undefined): Promise<PendingLayer> {
    const transaction = this.#records.newTransaction();
    const cacheID = randomBytes(32).toString("hex");
    this.#records.begin(transaction, cacheID);
    try {
      await this.#driver.create(cacheID, below);
    } catch (error) {
      this.#records.forget(transaction);
      throw error;
    }
    return { transaction, cacheID };
  }

  async #fill(
    { transaction, cacheID }: PendingLayer,
    file: string | undefined,
    context: UnpackContext,
    again = false,
  ): Promise<Unpacked> {
    const tarSplit = `${transaction}/${TAR_SPLIT}`;
    await using _ = await this.#driver.access(cacheID);
    const request = { file, tarSplit, ids: this.ids, again, ...this.#driver.diffTarget(cacheID) };
    return await this.#unpackers.unpack(request, context);
  }

  #fillFrom(
    pending: PendingLayer,
    { path, prepared }: LayerFile,
    context: UnpackContext,
    again: boolean,
  ): Promise<Unpacked> {
    if (!prepared) return this.#fill(pending, path, context, again);
    const { folder } = this.#driver.diffTarget(pending.cacheID);
    return prepared.move(folder, `${pending.transaction}/${TAR_SPLIT}`);
  }

  prepare(file: LayerFile, signal: AbortSignal): PreparedLayer | undefined {
    if (!this.#driver.independentLayers) return undefined;
    const { whiteouts } = this.#driver.diffTarget("none");
    const place = this.#records.newTransaction();
    return new EarlyLayer(place, file, signal, {
      whiteouts,
      ids: this.ids,
      places: this.#unpacking,
      unpackers: this.#unpackers,
    });
  }

  mayHaveTarOf(size: number): boolean {
    return this.#layers.values().some(({ tarSize }) => tarSize === size);
  }

  hasDiff(diffID: Digest): boolean {
    return this.#layers.values().some(({ record }) => record.diffID === diffID);
  }

  async #abandon({ transaction, cacheID }: PendingLayer): Promise<void> {
    await this.#driver.remove(cacheID);
    this.#records.forget(transaction);
  }

  /** The same layer may have come by another way meanwhile; then that one serves. */
  async #commit(
    { transaction, cacheID }: PendingLayer,
    parent: Digest | undefined,
    { diffID, size, tarSize }: Unpacked,
    foreign?: ForeignBlob,
  ): Promise<Layer> {
    const record: LayerRecord = { chainID: chainID(parent, diffID), diffID, parent, cacheID, size, foreign };
    const present = this.#layers.get(record.chainID);
    if (present) {
      present.references++;
      present.tarSize = tarSize;
      await this.#driver.remove(record.cacheID);
      this.#records.forget(transaction);
      return present.layer;
    }
    this.#records.commit(transaction, record);
    const held = this.#hold(
      record,
      record.parent === undefined ? undefined : this.#layers.get(record.parent)!.layer,
    );
    held.references++;
    held.tarSize = tarSize;
    return held.layer;
  }

  #retain(id: Digest): Held {
    const held = this.#layers.get(id);
    if (!held) throw notFound(`layer ${id} does not exist`);
    held.references++;
    return held;
  }

  get(id: Digest): Layer {
    return this.#retain(id).layer;
  }

  has(id: Digest): boolean {
    return this.#layers.has(id);
  }

  async release(layer: Layer): Promise<void> {
    const held = this.#layers.get(layer.chainID);
    if (held) this.#unreference(held);
  }

  /** Layers that lose their last reference by it go out of sight from the top down, and off the disk in the background. */
  #unreference(held: Held): void {
    const gone: [string, string][] = [];
    for (let at: Held | undefined = held; at && --at.references <= 0; ) {
      const { record }: Held = at;
      this.#layers.delete(record.chainID);
      gone.push([this.#records.markRemoving(record), record.cacheID]);
      at = record.parent === undefined ? undefined : this.#layers.get(record.parent);
    }
    this.#removals.add(gone);
  }

  settled(): Promise<void> {
    return this.#removals.settled();
  }

  async createRWLayer(
    name: string,
    parent: Digest | undefined,
    options: RWLayerOptions = {},
  ): Promise<RWLayer> {
    if (this.#containers.has(name)) throw conflict(`container ${name} has a layer already`);
    const below = parent === undefined ? undefined : this.#retain(parent);
    const mountID = randomBytes(32).toString("hex");
    const initID = options.init ? `${mountID}-init` : undefined;
    const record: MountRecord = { name, mountID, initID, parent };
    const transaction = this.#records.newTransaction();
    this.#records.begin(transaction, mountID);
    try {
      if (initID !== undefined) await this.#makeInit(initID, below?.layer.cacheID, options.init!);
      await this.#driver.create(mountID, initID ?? below?.layer.cacheID, {
        writable: true,
        ...(options.storageOpt ? { storageOpt: options.storageOpt } : {}),
      });
      this.#records.writeMount(record);
    } catch (error) {
      await this.#driver.remove(mountID);
      if (initID !== undefined) await this.#driver.remove(initID);
      if (below) this.#unreference(below);
      throw error;
    } finally {
      this.#records.forget(transaction);
    }
    const layer = new ContainerLayer(record, below?.layer, this.#driver);
    this.#containers.set(name, layer);
    return layer;
  }

  async #makeInit(
    id: string,
    parent: string | undefined,
    init: (root: string) => Promise<void>,
  ): Promise<void> {
    await this.#driver.create(id, parent);
    // Empty files alone: the runtime would make them again.
    const root = await this.#driver.mount(id, { unsynced: true });
    try {
      await init(root);
    } finally {
      await this.#driver.unmount(id);
    }
  }

  getRWLayer(name: string): RWLayer {
    const layer = this.#containers.get(name);
    if (!layer) throw notFound(`container ${name} has no layer`);
    return layer;
  }

  /** The record goes last, so that what a crash leaves can still be found and removed. */
  async releaseRWLayer(name: string): Promise<void> {
    const layer = this.#containers.get(name);
    if (!layer) return;
    this.#containers.delete(name);
    const { mountID, initID, parent } = layer.record;
    await this.#driver.remove(mountID);
    if (initID !== undefined) await this.#driver.remove(initID);
    await this.#records.removeMount(name);
    const below = parent === undefined ? undefined : this.#layers.get(parent);
    if (below) this.#unreference(below);
  }

  /** Names of containers that have a layer here. */
  rwLayers(): string[] {
    return [...this.#containers.keys()];
  }

  /** Removes the layers of containers that are no more. */
  async keepOnly(containers: ReadonlySet<string>, log: Logger): Promise<void> {
    for (const name of this.rwLayers().filter((one) => !containers.has(one))) {
      try {
        await this.releaseRWLayer(name);
        log.info("removed the layer of a container that is no more", { container: name });
      } catch (error) {
        log.warn("cannot remove a container's layer", { container: name, error: messageOf(error) });
      }
    }
  }
}
