import { renameSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf } from "../../errors/errors.ts";
import { readBolt } from "../../files/bolt/read.ts";
import { writeBolt } from "../../files/bolt/write.ts";
import type { Logger } from "../../log/log.ts";

/** What volumes/metadata.db, a bolt database with the one bucket "volumes", keeps of a volume. */
export interface VolumeRecord {
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
}

const BUCKET = "volumes";

/** Labels and options of volumes, where stock Docker keeps them. Each change is on disk when the call returns. */
export class VolumeMetadata {
  readonly #path: string;
  readonly #records = new Map<string, VolumeRecord>();

  /** A database that cannot be read loses labels, but no volume; it is kept under another name. */
  constructor(root: string, log: Logger) {
    this.#path = join(root, "metadata.db");
    try {
      for (const [name, value] of readBolt(this.#path).get(BUCKET) ?? [])
        this.#records.set(name, JSON.parse(value.toString("utf8")) as VolumeRecord);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      log.warn("labels of volumes cannot be read", {
        error: messageOf(error),
        kept: `${this.#path}.damaged`,
      });
      this.#records.clear();
      renameSync(this.#path, `${this.#path}.damaged`);
    }
  }

  get(name: string): VolumeRecord | undefined {
    return this.#records.get(name);
  }

  all(): VolumeRecord[] {
    return [...this.#records.values()];
  }

  set(record: VolumeRecord): void {
    this.#records.set(record.Name, record);
    this.#save();
  }

  delete(name: string): void {
    if (this.#records.delete(name)) this.#save();
  }

  #save(): void {
    const entries = [...this.#records].map(
      ([name, record]) => [name, Buffer.from(JSON.stringify(record))] as const,
    );
    writeBolt(this.#path, new Map([[BUCKET, new Map(entries)]]), "crash");
  }
}
