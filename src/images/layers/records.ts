import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../../files/atomic.ts";
import { faultPoint } from "../../files/fault.ts";
import { readText } from "../../files/read-text.ts";
import type { Digest, ForeignBlob } from "../types.ts";
import { hexOf } from "./chain-id.ts";

/** What layerdb keeps of a layer: moby's image/<driver>/layerdb/sha256/<chainID>/. */
export interface LayerRecord {
  chainID: Digest;
  diffID: Digest;
  parent: Digest | undefined;
  cacheID: string;
  /** Bytes; NaN if that cannot be read. */
  size: number;
  /** descriptor.json, for layers that registries may not keep. */
  foreign?: ForeignBlob | undefined;
}

/** What layerdb keeps of a container's layer: layerdb/mounts/<container id>/. */
export interface MountRecord {
  name: string;
  mountID: string;
  initID: string | undefined;
  parent: Digest | undefined;
}

const REMOVING = "-removing";
/** Name of the record that assembleTar needs, in a layer's folder. */
export const TAR_SPLIT = "tar-split.json.gz";

/** layerdb on disk. A layer's folder appears whole, by rename, and goes by rename before its content is removed. */
export class LayerRecords {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    for (const folder of ["sha256", "mounts", "tmp"])
      mkdirSync(join(root, folder), { recursive: true, mode: 0o710 });
  }

  #folder(chainID: Digest): string {
    return join(this.#root, "sha256", hexOf(chainID));
  }

  tarSplit(chainID: Digest): string {
    return join(this.#folder(chainID), TAR_SPLIT);
  }

  /** A folder to prepare a record in. */
  newTransaction(): string {
    return mkdtempSync(join(this.#root, "tmp", "write-set-"));
  }

  commit(transaction: string, record: LayerRecord): void {
    const put = (name: string, text: string) => writeFileSync(join(transaction, name), text, { mode: 0o644 });
    put("diff", record.diffID);
    put("size", String(record.size));
    put("cache-id", record.cacheID);
    if (record.parent !== undefined) put("parent", record.parent);
    if (record.foreign) put("descriptor.json", JSON.stringify(record.foreign));
    faultPoint("layer.commit");
    renameSync(transaction, this.#folder(record.chainID));
    faultPoint("layer.committed");
  }

  list(): LayerRecord[] {
    return readdirSync(join(this.#root, "sha256")).flatMap((hex) => {
      if (!/^[0-9a-f]{64}$/.test(hex)) return [];
      const folder = join(this.#root, "sha256", hex);
      const read = (name: string) => readText(join(folder, name))?.trim();
      const [diffID, cacheID] = [read("diff"), read("cache-id")];
      if (!diffID || !cacheID) return [];
      return [
        {
          chainID: `sha256:${hex}`,
          diffID,
          cacheID,
          parent: read("parent"),
          size: Number(read("size") || Number.NaN),
          foreign: foreignIn(read("descriptor.json")),
        },
      ];
    });
  }

  /** Milliseconds since the layer was recorded; 0 if it is not there. */
  age(chainID: Digest): number {
    const stat = statSync(this.#folder(chainID), { throwIfNoEntry: false });
    return stat ? Date.now() - stat.mtimeMs : 0;
  }

  /** Takes the layer out of sight; its cache-id can still be read by removals() until forget(). */
  markRemoving(record: LayerRecord): string {
    const hidden = `${this.#folder(record.chainID)}-${record.cacheID.slice(0, 12)}${REMOVING}`;
    renameSync(this.#folder(record.chainID), hidden);
    return hidden;
  }

  /** Removals that a crash interrupted: [folder, cache-id]. */
  removals(): [string, string][] {
    const root = join(this.#root, "sha256");
    return readdirSync(root)
      .filter((name) => name.endsWith(REMOVING))
      .flatMap((name) => {
        const cacheID = readText(join(root, name, "cache-id"))?.trim() ?? "";
        return cacheID === "" ? [] : [[join(root, name), cacheID] as [string, string]];
      });
  }

  forget(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
  }

  /** Notes that a storage layer is being made, so that it can be removed if we do not come to use it. */
  begin(transaction: string, cacheID: string): void {
    writeAtomic(join(transaction, "cache-id"), cacheID, { durability: "crash" });
  }

  /** Transactions that a crash interrupted: [folder, cache-id]. */
  leftovers(): [string, string | undefined][] {
    const root = join(this.#root, "tmp");
    return readdirSync(root).map((name) => {
      const cacheID = readText(join(root, name, "cache-id"))?.trim() ?? "";
      return [join(root, name), cacheID === "" ? undefined : cacheID];
    });
  }

  /** Storage layers that only such removals and transactions have: nobody else needs them any more. */
  abandoned(): Set<string> {
    const ids = [...this.removals(), ...this.leftovers()].flatMap(([, id]) => (id === undefined ? [] : [id]));
    // One that was made for a container may have got no further than its init layer.
    const all = new Set(ids.flatMap((id) => [id, `${id}-init`]));
    for (const { cacheID } of this.list()) all.delete(cacheID);
    for (const { mountID, initID } of this.mounts())
      for (const id of [mountID, initID]) if (id) all.delete(id);
    return all;
  }

  writeMount(record: MountRecord): void {
    const folder = join(this.#root, "mounts", record.name);
    const partial = this.newTransaction();
    writeFileSync(join(partial, "mount-id"), record.mountID);
    if (record.initID !== undefined) writeFileSync(join(partial, "init-id"), record.initID);
    if (record.parent !== undefined) writeFileSync(join(partial, "parent"), record.parent);
    faultPoint("layer.mount-record");
    renameSync(partial, folder);
  }

  mounts(): MountRecord[] {
    const root = join(this.#root, "mounts");
    return readdirSync(root).flatMap((name) => {
      const read = (file: string) => readText(join(root, name, file))?.trim();
      const mountID = read("mount-id");
      return mountID === undefined
        ? []
        : [{ name, mountID, initID: read("init-id"), parent: read("parent") }];
    });
  }

  async removeMount(name: string): Promise<void> {
    await rm(join(this.#root, "mounts", name), { recursive: true, force: true });
  }
}

/** A record that cannot be read is none: the layer is then pushed as any other. */
function foreignIn(text: string | undefined): ForeignBlob | undefined {
  if (text === undefined) return undefined;
  try {
    const blob = JSON.parse(text) as ForeignBlob;
    return Array.isArray(blob.urls) && blob.urls.length > 0 ? blob : undefined;
  } catch {
    return undefined;
  }
}
