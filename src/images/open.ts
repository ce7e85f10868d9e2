import { join } from "node:path";
import { removeTree } from "../files/remove-tree.ts";
import type { Logger } from "../log/log.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { LayerDatabase } from "./layers/store.ts";
import { resolveImage } from "./resolve.ts";
import { ImageDatabase } from "./store/images.ts";
import { ReferenceDatabase } from "./store/references.ts";
import type { Image, Images } from "./types.ts";

/** How long what an interrupted pull has left, parts of layers and whole ones, waits for the next one, in milliseconds. */
export const KEEP_UNFINISHED = 24 * 3600 * 1000;

/** The image side of a data root. */
export class ImageRoot implements Images {
  readonly layers: LayerDatabase;
  readonly images: ImageDatabase;
  readonly references: ReferenceDatabase;
  /** <data-root>/image/<driver>/distribution */
  readonly distribution: string;
  /** Where archives are taken apart; emptied at start. */
  readonly temporary: string;

  constructor(parts: Pick<ImageRoot, "layers" | "images" | "references" | "distribution" | "temporary">) {
    this.layers = parts.layers;
    this.images = parts.images;
    this.references = parts.references;
    this.distribution = parts.distribution;
    this.temporary = parts.temporary;
  }

  resolve(nameOrID: string): Image {
    return resolveImage(this, nameOrID);
  }
}

/** Opens <root>/image/<driver>, as moby lays it out, on a storage driver. */
export async function openImages(root: string, driver: StorageDriver, log: Logger): Promise<ImageRoot> {
  const folder = join(root, "image", driver.name);
  const temporary = join(root, "tmp");
  await removeTree(temporary);
  const layers = await LayerDatabase.open(join(folder, "layerdb"), driver, log);
  const images = new ImageDatabase(join(folder, "imagedb"), layers, log);
  if (images.complete) layers.sweepUnused(KEEP_UNFINISHED, log);
  return new ImageRoot({
    layers,
    images,
    references: new ReferenceDatabase(join(folder, "repositories.json")),
    distribution: join(folder, "distribution"),
    temporary,
  });
}
