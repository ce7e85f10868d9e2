import type { Change, StorageDriver } from "../../storage/driver.ts";
import type { Layer, RWLayer } from "../types.ts";
import type { MountRecord } from "./records.ts";

/** A container's writable layer, on an init layer, on its image's. */
export class ContainerLayer implements RWLayer {
  readonly record: MountRecord;
  readonly parent: Layer | undefined;
  readonly #driver: StorageDriver;
  readonly #below: string | undefined;

  constructor(record: MountRecord, parent: (Layer & { cacheID: string }) | undefined, driver: StorageDriver) {
    this.record = record;
    this.parent = parent;
    this.#driver = driver;
    this.#below = record.initID ?? parent?.cacheID;
  }

  get name(): string {
    return this.record.name;
  }

  mount(): Promise<string> {
    return this.#driver.mount(this.record.mountID);
  }

  unmount(): Promise<void> {
    return this.#driver.unmount(this.record.mountID);
  }

  changes(): Promise<Change[]> {
    return this.#driver.changes(this.record.mountID, this.#below);
  }

  tarStream(): AsyncIterable<Uint8Array> {
    return this.#driver.diff(this.record.mountID, this.#below);
  }

  size(): Promise<number> {
    return this.#driver.diffSize(this.record.mountID, this.#below);
  }

  metadata(): Promise<Record<string, string>> {
    return this.#driver.metadata(this.record.mountID);
  }
}
