import { messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import type { StorageDriver } from "../../storage/driver.ts";
import type { LayerRecords } from "./records.ts";

/** A layer out of sight: the folder of its record, and the driver's name for it. */
type Removal = [folder: string, cacheID: string];

/** Layers that are removed at the same time; more would starve the API. */
const AT_ONCE = 2;

/**
 * Takes layers off the disk in the background, in the order that they were given: what lies on others comes before them.
 * The record of each stays until it is gone, so that what a crash or a failure leaves is removed at the next start.
 */
export class Removals {
  readonly #driver: StorageDriver;
  readonly #records: LayerRecords;
  readonly #log: Logger;
  readonly #waiting: Removal[] = [];
  #running: Promise<void> | undefined;

  constructor(driver: StorageDriver, records: LayerRecords, log: Logger) {
    this.#driver = driver;
    this.#records = records;
    this.#log = log;
  }

  add(removals: readonly Removal[]): void {
    this.#waiting.push(...removals);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to remove. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever has asked is answered first.
    await Promise.resolve();
    while (this.#waiting.length > 0)
      await Promise.all(this.#waiting.splice(0, AT_ONCE).map((removal) => this.#remove(removal)));
    this.#running = undefined;
  }

  async #remove([folder, cacheID]: Removal): Promise<void> {
    try {
      await this.#driver.remove(cacheID);
      this.#records.forget(folder);
    } catch (error) {
      this.#log.error("cannot remove a layer now; the next start will try again", {
        cacheID,
        error: messageOf(error),
      });
    }
  }
}
