import type { Layer } from "../../images/types.ts";
import type { HistoryItem } from "../api/images/backend.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { namesOf } from "./list.ts";
import { createdSeconds } from "./times.ts";

/** The steps that made an image, newest first. Errors: notFound. */
export async function imageHistory(deps: ImageDependencies, name: string): Promise<HistoryItem[]> {
  const { images } = deps;
  const image = images.resolve(name);
  const top = image.chainID === undefined ? undefined : images.layers.get(image.chainID);
  const sizes: number[] = [];
  for (let layer: Layer | undefined = top; layer; layer = layer.parent) sizes.push(layer.diffSize);
  if (top) await images.layers.release(top);
  const items: HistoryItem[] = (image.config.history ?? []).map((step) => ({
    Comment: step.comment ?? "",
    Created: createdSeconds(step.created),
    CreatedBy: step.created_by ?? "",
    Id: "<missing>",
    Size: step.empty_layer ? 0 : (sizes.pop() ?? 0),
    Tags: null,
  }));
  items.reverse();
  fillIDs(deps, items, image.id);
  return items;
}

/** The topmost step is the image itself; those below are its parents, as far as they are here. */
function fillIDs(deps: ImageDependencies, items: HistoryItem[], id: string): void {
  const store = deps.images.images;
  let current: string | undefined = id;
  for (const item of items) {
    if (current === undefined || !store.has(current)) return;
    item.Id = current;
    const { tags } = namesOf(deps, current);
    item.Tags = tags.length > 0 ? tags : null;
    current = store.get(current).parent;
  }
}
