import type { StorageDriver } from "../../storage/driver.ts";
import type { Digest, ForeignBlob, Layer } from "../types.ts";
import type { LayerRecord, LayerRecords } from "./records.ts";
import { assembleTar, tarSizeOf } from "./tar-split.ts";

/** A read-only layer: its record, and its files as the storage driver has them. */
export class StoredLayer implements Layer {
  readonly chainID: Digest;
  readonly diffID: Digest;
  readonly parent: StoredLayer | undefined;
  readonly diffSize: number;
  readonly cacheID: string;
  readonly foreign: ForeignBlob | undefined;
  readonly #driver: StorageDriver;
  readonly #records: LayerRecords;

  constructor(
    record: LayerRecord,
    parent: StoredLayer | undefined,
    driver: StorageDriver,
    records: LayerRecords,
  ) {
    this.chainID = record.chainID;
    this.diffID = record.diffID;
    this.diffSize = Number.isFinite(record.size) ? record.size : 0;
    this.cacheID = record.cacheID;
    this.foreign = record.foreign;
    this.parent = parent;
    this.#driver = driver;
    this.#records = records;
  }

  get size(): number {
    return this.diffSize + (this.parent?.size ?? 0);
  }

  metadata(): Promise<Record<string, string>> {
    return this.#driver.metadata(this.cacheID);
  }

  async *tarStream(): AsyncGenerator<Uint8Array> {
    await using _ = await this.#driver.access(this.cacheID);
    yield* assembleTar(this.#records.tarSplit(this.chainID), (name) =>
      this.#driver.openFile(this.cacheID, name),
    );
  }

  tarSize(): Promise<number> {
    return tarSizeOf(this.#records.tarSplit(this.chainID));
  }
}
