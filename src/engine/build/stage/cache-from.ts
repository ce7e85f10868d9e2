/** --cache-from: the steps of images that came from elsewhere, told by their histories. */
import type { ImageRoot } from "../../../images/open.ts";
import type { ContainerDefaults, HistoryEntry, Image, ImageConfig } from "../../../images/types.ts";
import { VERSION } from "../../../version/version.ts";
import { completeConfig } from "./config.ts";
import type { StageState } from "./state.ts";

/**
 * The image that a step makes, if one of these images was made by the same steps up to here and by this one next. Its
 * layer is shared; what lies above is left out. undefined if none was.
 */
export async function imageFromSources(
  images: ImageRoot,
  names: readonly string[],
  state: StageState,
  step: ContainerDefaults,
): Promise<Image | undefined> {
  for (const name of names) {
    const source = present(images, name);
    const next = source && nextEntry(source, state.image, step);
    if (source && next) return restore(images, source, next, state);
  }
  return undefined;
}

function present(images: ImageRoot, name: string): Image | undefined {
  try {
    return images.resolve(name);
  } catch {
    return undefined;
  }
}

const sameEntry = (a: HistoryEntry, b: HistoryEntry | undefined): boolean =>
  b !== undefined &&
  a.created_by === b.created_by &&
  a.created === b.created &&
  Boolean(a.empty_layer) === Boolean(b.empty_layer);

/** The entry after those that both have, if it was made by this step. */
function nextEntry(
  source: Image,
  parent: Image | undefined,
  step: ContainerDefaults,
): HistoryEntry | undefined {
  const before = parent?.config.history ?? [];
  const history = source.config.history ?? [];
  const layers = parent?.config.rootfs.diff_ids ?? [];
  const own = source.config.rootfs.diff_ids ?? [];
  if (!before.every((entry, i) => sameEntry(entry, history[i]))) return undefined;
  if (!layers.every((layer, i) => layer === own[i])) return undefined;
  const next = history[before.length];
  return next?.created_by === (step.Cmd ?? []).join(" ") ? next : undefined;
}

async function restore(
  { images }: ImageRoot,
  source: Image,
  entry: HistoryEntry,
  state: StageState,
): Promise<Image> {
  const parent = state.image;
  const history = [...(parent?.config.history ?? []), entry];
  if (history.length === source.config.history?.length) return source;
  const layers = parent?.config.rootfs.diff_ids ?? [];
  const added = entry.empty_layer ? [] : [source.config.rootfs.diff_ids![layers.length]!];
  const config: ImageConfig = {
    architecture: source.config.architecture,
    ...(state.author ? { author: state.author } : {}),
    config: completeConfig(state.config),
    ...(entry.created ? { created: entry.created } : {}),
    docker_version: VERSION,
    history,
    os: source.config.os,
    rootfs: { type: "layers", diff_ids: [...layers, ...added] },
  };
  const image = await images.create(Buffer.from(JSON.stringify(config)));
  if (parent && image.parent === undefined) await images.setParent(image.id, parent.id);
  return image;
}
