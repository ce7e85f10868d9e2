import type { ImageDeleteResponseItem } from "../../api/schema.ts";
import { isConflict, isNotFound } from "../../errors/errors.ts";
import type { Image } from "../../images/types.ts";
import type { Filters } from "../api/images/backend.ts";
import { matchesLabels } from "../api/labels.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { flagOf, namesOf } from "./list.ts";
import { familiarOf } from "./names.ts";
import { removeImage } from "./remove.ts";
import { parseTimestamp } from "./times.ts";

export interface Pruned {
  deleted: ImageDeleteResponseItem[];
  /** Bytes. */
  reclaimed: number;
}

/** Removes images that nobody needs: nameless ones, or with dangling=false all that no container uses. */
export async function pruneImages(deps: ImageDependencies, filters: Filters): Promise<Pruned> {
  const danglingOnly = flagOf(filters, "dangling") ?? true;
  const goes = matcher(deps, filters);
  const sizes = await layerSizes(deps);
  const deleted: ImageDeleteResponseItem[] = [];
  for (const image of deps.images.images.list()) {
    if (!goes(image)) continue;
    for (const name of removable(deps, image.id, danglingOnly))
      deleted.push(...(await tryRemove(deps, name)));
  }
  const reclaimed = deleted.reduce((sum, item) => sum + (sizes.get(item.Deleted ?? "") ?? 0), 0);
  deps.events.publish("image", "prune", "", { reclaimed: String(reclaimed) });
  return { deleted, reclaimed };
}

function matcher({ images }: ImageDependencies, filters: Filters): (image: Image) => boolean {
  const until = (filters.get("until") ?? []).map((text) => parseTimestamp(text));
  return (image) => {
    if (images.references.of(image.id).length === 0 && images.images.children(image.id).length > 0)
      return false;
    const created = Date.parse(image.config.created ?? "") || 0;
    if (until.some((limit) => created > limit)) return false;
    return matchesLabels(filters.get("label"), image.config.config?.Labels, filters.get("label!"));
  };
}

/** What to remove an image by: its names, or its id if it has none. */
function removable(deps: ImageDependencies, id: string, danglingOnly: boolean): string[] {
  const all = deps.images.references.of(id).map(familiarOf);
  if (all.length === 0) return [id];
  return danglingOnly && namesOf(deps, id).tags.length > 0 ? [] : all;
}

/** An image that a container uses keeps its last name; one that somebody began to use in between stays; one that went with another is gone already. */
async function tryRemove(deps: ImageDependencies, name: string): Promise<ImageDeleteResponseItem[]> {
  try {
    return await removeImage(deps, name, { force: false, prune: true });
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return [];
    throw error;
  }
}

/** Bytes of every layer that an image stands on, by chainID. */
async function layerSizes({ images }: ImageDependencies): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { chainID } of images.images.list()) {
    if (chainID === undefined) continue;
    const top = images.layers.get(chainID);
    for (let layer: typeof top | undefined = top; layer; layer = layer.parent)
      sizes.set(layer.chainID, layer.diffSize);
    await images.layers.release(top);
  }
  return sizes;
}
