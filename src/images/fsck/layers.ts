import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors/errors.ts";
import { isLayerID } from "../../storage/layer-id.ts";
import { chainID } from "../layers/chain-id.ts";
import type { LayerRecord, MountRecord } from "../layers/records.ts";
import { assembleTar } from "../layers/tar-split.ts";
import type { Digest } from "../types.ts";
import type { Examined, Finding } from "./finding.ts";
import { topsOfImages } from "./images.ts";

/** What a crash has left behind, which dockerd takes away at its start as well. */
export async function* leftovers({ root, records, driver }: Examined): AsyncGenerator<Finding> {
  for (const [folder, cacheID] of [...records.removals(), ...records.leftovers()]) {
    yield {
      subject: folder,
      problem: "an interrupted operation has left it",
      cure: "take it away",
      async repair() {
        const abandoned = records.abandoned();
        for (const id of cacheID === undefined ? [] : [cacheID, `${cacheID}-init`])
          if (isLayerID(id) && abandoned.has(id)) await driver.remove(id);
        records.forget(folder);
      },
    };
  }
  for (const name of namesIn(join(root, "tmp"))) {
    const path = join(root, "tmp", name);
    yield {
      subject: path,
      problem: "an interrupted operation has left it",
      cure: "take it away",
      repair: () => rmSync(path, { recursive: true, force: true }),
    };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Folders of layerdb that are no layer, or not the one that their name says. */
export async function* layerRecords({ images, records }: Examined): AsyncGenerator<Finding> {
  const layers = new Map(records.list().map((record) => [record.chainID, record]));
  const folders = join(images, "layerdb/sha256");
  const going = new Set(records.removals().map(([folder]) => folder));
  for (const hex of namesIn(folders)) {
    if (going.has(join(folders, hex))) continue;
    const record = layers.get(`sha256:${hex}`);
    const problem = record ? wrongRecord(record, layers) : "it lacks its digest or its storage layer's name";
    if (problem === undefined) continue;
    const subject = `layer sha256:${hex}`;
    const users = containersOn(`sha256:${hex}`, [...layers.values()], records.mounts());
    if (users.length > 0) {
      yield { subject, problem: `${problem}; containers are made on it: ${namesOf(users)}` };
      continue;
    }
    yield {
      subject,
      problem,
      cure: "forget the layer; pulling an image that needs it brings it back",
      repair: () => records.forget(join(folders, hex)),
    };
  }
}

function wrongRecord(record: LayerRecord, layers: Map<Digest, LayerRecord>): string | undefined {
  if (record.parent !== undefined && !layers.has(record.parent))
    return `the layer below it, ${record.parent}, is not there`;
  if (!/^sha256:[0-9a-f]{64}$/.test(record.diffID)) return `its digest is malformed: ${record.diffID}`;
  if (!isLayerID(record.cacheID)) return `its storage layer's name is malformed`;
  const found = chainID(record.parent, record.diffID);
  if (found !== record.chainID) return `its digest and the layer below it give ${found}`;
  return Number.isFinite(record.size) ? undefined : "its size is no number";
}

/** Reads every layer, and compares it with its digest. */
export async function* layerContents(examined: Examined): AsyncGenerator<Finding> {
  const { images, driver, records } = examined;
  for (const record of records.list()) {
    const problem =
      isLayerID(record.cacheID) && (await driver.exists(record.cacheID))
        ? await wrongContent(examined, record)
        : `its storage layer ${record.cacheID} is not there`;
    if (problem === undefined) continue;
    const users = containersOn(record.chainID, records.list(), records.mounts());
    const subject = `layer ${record.chainID}`;
    if (users.length > 0) {
      yield { subject, problem: `${problem}; containers are made on it: ${namesOf(users)}` };
      continue;
    }
    yield {
      subject,
      problem,
      cure: "remove the layer; pulling an image that needs it brings it back",
      async repair() {
        if (isLayerID(record.cacheID)) await driver.remove(record.cacheID);
        records.forget(join(images, "layerdb/sha256", record.chainID.slice("sha256:".length)));
      },
    };
  }
}

const namesOf = (mounts: MountRecord[]): string => mounts.map(({ name }) => name.slice(0, 12)).join(", ");

/** Layers that no image has, and no container is made on. */
export async function* unusedLayers({ images, driver, records }: Examined): AsyncGenerator<Finding> {
  const all = records.list();
  const tops = [...topsOfImages(images), ...records.mounts().map(({ parent }) => parent)];
  const used = new Set<Digest>();
  for (let at of tops)
    while (at !== undefined && !used.has(at)) {
      used.add(at);
      at = all.find(({ chainID: id }) => id === at)?.parent;
    }
  for (const record of all) {
    if (used.has(record.chainID)) continue;
    yield {
      subject: `layer ${record.chainID}`,
      problem: "no image and no container needs it",
      cure: "remove it",
      async repair() {
        await driver.remove(record.cacheID);
        records.forget(join(images, "layerdb/sha256", record.chainID.slice("sha256:".length)));
      },
    };
  }
}

/** Containers whose image has the layer. */
function containersOn(layer: Digest, layers: LayerRecord[], mounts: MountRecord[]): MountRecord[] {
  const above = new Set([layer]);
  for (let size = 0; size !== above.size; ) {
    size = above.size;
    for (const { chainID: id, parent } of layers)
      if (parent !== undefined && above.has(parent)) above.add(id);
  }
  return mounts.filter(({ parent }) => parent !== undefined && above.has(parent));
}

async function wrongContent({ driver, records }: Examined, record: LayerRecord): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await using _ = await driver.access(record.cacheID);
    const open = (name: string) => driver.openFile(record.cacheID, name);
    for await (const chunk of assembleTar(records.tarSplit(record.chainID), open)) hash.update(chunk);
  } catch (error) {
    return `it cannot be read whole: ${messageOf(error)}`;
  }
  const found = `sha256:${hash.digest("hex")}`;
  return found === record.diffID ? undefined : `its content has digest ${found}, not ${record.diffID}`;
}

/** Layers on disk that no record names, and records of containers that are no more. */
export async function* storage({ root, driver, records }: Examined): AsyncGenerator<Finding> {
  const containers = new Set(namesIn(join(root, "containers")));
  for (const mount of records.mounts()) {
    const subject = `container ${mount.name}`;
    if (!containers.has(mount.name)) {
      yield {
        subject,
        problem: "its layer is there, but the container is no more",
        cure: "remove its layer",
        async repair() {
          for (const id of [mount.mountID, mount.initID])
            if (id !== undefined && isLayerID(id)) await driver.remove(id);
          await records.removeMount(mount.name);
        },
      };
      continue;
    }
    for (const id of [mount.mountID, mount.initID])
      if (id !== undefined && !(isLayerID(id) && (await driver.exists(id))))
        yield { subject, problem: `its storage layer ${id} is not there: what it had written is lost` };
  }
  const used = new Set([...records.list().map(({ cacheID }) => cacheID), ...records.abandoned()]);
  for (const { mountID, initID } of records.mounts())
    for (const id of [mountID, initID]) if (id) used.add(id);
  for (const id of await driver.list()) {
    if (used.has(id) || id === "backingFsBlockDev") continue;
    yield {
      subject: `storage layer ${id}`,
      problem: "no image and no container has it",
      cure: "remove it",
      repair: () => driver.remove(id),
    };
  }
}
