import { createHash } from "node:crypto";
import { unpack } from "../../archive/unpack.ts";
import { dataLoss, messageOf } from "../../errors/errors.ts";
import type { LayerSource } from "../../storage/retired/layers.ts";
import type { LayerRecord, LayerRecords, MountRecord } from "../layers/records.ts";
import type { LayerDatabase } from "../layers/store.ts";
import { assembleTar } from "../layers/tar-split.ts";
import type { Digest } from "../types.ts";
import { verifyTree } from "./verify.ts";

/** The two sides of a migration. */
export interface Sides {
  from: LayerSource;
  records: LayerRecords;
  to: LayerDatabase;
  /** Told of each step. */
  say(line: string): void;
}

/** Copies all image layers that the new side does not have. Errors: dataLoss for a layer that is not what its diffID says. */
export async function copyLayers(sides: Sides): Promise<void> {
  const records = parentsFirst(sides.records.list());
  for (const [i, record] of records.entries()) {
    const name = `layer ${i + 1}/${records.length} ${record.diffID.slice(7, 19)}`;
    const there = sides.to.has(record.chainID);
    // A reference that is never given back: no image holds the layer yet.
    if (there) sides.to.get(record.chainID);
    else await copyLayer(sides, record);
    await verifyLayer(sides.to, record);
    sides.say(
      `${name}: ${there ? "was copied before, and is right" : `copied and verified, ${record.size} bytes`}`,
    );
  }
}

function parentsFirst(records: LayerRecord[]): LayerRecord[] {
  const byID = new Map(records.map((record) => [record.chainID, record]));
  const sorted = new Map<Digest, LayerRecord>();
  const add = (record: LayerRecord): void => {
    if (sorted.has(record.chainID)) return;
    const parent = record.parent === undefined ? undefined : byID.get(record.parent);
    if (record.parent !== undefined && !parent)
      throw dataLoss(
        `layer ${record.chainID} has lost the one below it, ${record.parent}: \`dockerd fsck\` tells more`,
      );
    if (parent) add(parent);
    sorted.set(record.chainID, record);
  };
  for (const record of records) add(record);
  return [...sorted.values()];
}

/** register() refuses a tar of another diffID, and leaves nothing of it. */
async function copyLayer({ from, records, to }: Sides, record: LayerRecord): Promise<void> {
  await using _ = await from.access(record.cacheID);
  const tar = assembleTar(records.tarSplit(record.chainID), (name) => from.openFile(record.cacheID, name));
  try {
    await to.register(tar, record.parent, record.diffID);
  } catch (cause) {
    throw dataLoss(
      `layer ${record.diffID} of ${from.name} cannot be copied: ${messageOf(cause)} (the old copy is untouched; remove the images with this layer, or pull them again, and start anew)`,
      { cause },
    );
  }
}

/** Reads the copy back. */
async function verifyLayer(to: LayerDatabase, { chainID, diffID }: LayerRecord): Promise<void> {
  const layer = to.get(chainID);
  const hash = createHash("sha256");
  try {
    for await (const chunk of layer.tarStream()) hash.update(chunk);
  } finally {
    await to.release(layer);
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== diffID) throw dataLoss(`the copy of layer ${diffID} has digest ${found}`);
}

/** Copies a container's own layer and the one for its init, and compares the copy with the original. */
export async function copyContainer({ from, records, to }: Sides, mount: MountRecord): Promise<void> {
  const { name, mountID, initID, parent } = mount;
  const image = records.list().find((record) => record.chainID === parent)?.cacheID;
  const below = initID ?? image;
  await to.releaseRWLayer(name);
  const init = async (root: string): Promise<void> => {
    if (initID !== undefined) await lay(from.diff(initID, image), root);
  };
  const layer = await to.createRWLayer(name, parent, initID === undefined ? {} : { init });
  const root = await layer.mount();
  try {
    await lay(from.diff(mountID, below), root);
    await verifyTree(from.diff(mountID, below), root);
  } catch (cause) {
    throw dataLoss(`container ${name}: ${messageOf(cause)}`, { cause });
  } finally {
    await layer.unmount();
  }
}

const lay = (tar: AsyncIterable<Uint8Array>, root: string): Promise<number> =>
  unpack(tar, root, { whiteouts: "remove" });
