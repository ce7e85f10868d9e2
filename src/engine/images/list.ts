import type { ImageSummary } from "../../api/schema.ts";
import { invalidArgument } from "../../errors/errors.ts";
import type { Image } from "../../images/types.ts";
import type { Filters, ListOptions } from "../api/images/backend.ts";
import { matchesLabels } from "../api/labels.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { matchesReference } from "./match-reference.ts";
import { familiarOf } from "./names.ts";
import { createdSeconds, parseTimestamp } from "./times.ts";

/** Names of an image as listings show them. */
export interface ShownNames {
  tags: string[];
  digests: string[];
}

/** The names of an image, in people's form. */
export function namesOf({ images }: ImageDependencies, id: string): ShownNames {
  const all = images.references.of(id);
  return {
    tags: all.filter((reference) => !reference.includes("@")).map(familiarOf),
    digests: all.filter((reference) => reference.includes("@")).map(familiarOf),
  };
}

/** Bytes of all layers of an image. */
export async function sizeOf({ images }: ImageDependencies, image: Image): Promise<number> {
  if (image.chainID === undefined) return 0;
  const layer = images.layers.get(image.chainID);
  const { size } = layer;
  await images.layers.release(layer);
  return size;
}

/** Images for GET /images/json, newest first. Errors: notFound for a before or since that is not there. */
export async function listImages(deps: ImageDependencies, options: ListOptions): Promise<ImageSummary[]> {
  const { images } = deps.images;
  const keep = keeper(deps, options.filters);
  const parents = new Set(images.list().flatMap(({ parent }) => (parent ? [parent] : [])));
  const dangling = flagOf(options.filters, "dangling");
  const found: ImageSummary[] = [];
  for (const image of images.list()) {
    const names = filterNames(namesOf(deps, image.id), options.filters.get("reference"));
    const nameless = names.tags.length === 0 && names.digests.length === 0;
    if (options.filters.has("reference") && nameless) continue;
    if (dangling !== undefined && dangling !== (names.tags.length === 0)) continue;
    // Images that only others stand on are steps of a build, which nobody asked about.
    if (nameless && !options.all && parents.has(image.id)) continue;
    if (keep(image)) found.push(await summary(deps, image, names));
  }
  if (options.sharedSize) await addSharedSizes(deps, found);
  if (options.containerCount) {
    const used = deps.containers().map(({ imageID }) => imageID);
    for (const image of found) image.Containers = used.filter((id) => id === image.Id).length;
  }
  return found.sort((a, b) => b.Created - a.Created);
}

async function summary(deps: ImageDependencies, image: Image, names: ShownNames): Promise<ImageSummary> {
  return {
    Containers: -1,
    Created: createdSeconds(image.config.created),
    Id: image.id,
    Labels: (image.config.config?.Labels ?? null) as ImageSummary["Labels"],
    ParentId: image.parent ?? "",
    RepoDigests: names.digests,
    RepoTags: names.tags,
    SharedSize: -1,
    Size: await sizeOf(deps, image),
  };
}

function filterNames(names: ShownNames, patterns: string[] | undefined): ShownNames {
  if (!patterns) return names;
  const keep = (name: string): boolean => patterns.some((pattern) => matchesReference(pattern, name));
  return { tags: names.tags.filter(keep), digests: names.digests.filter(keep) };
}

/** Reads a filter that is true or false. Errors: invalidArgument in stock's words. */
export function flagOf(filters: Filters, name: string): boolean | undefined {
  const value = filters.get(name)?.[0];
  if (value === undefined) return undefined;
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw invalidArgument(`invalid filter '${name}=[${value}]'`);
}

function keeper({ images }: ImageDependencies, filters: Filters): (image: Image) => boolean {
  const created = (name: string): number[] =>
    (filters.get(name) ?? []).map((each) => Date.parse(images.resolve(each).config.created ?? "") || 0);
  const [before, since] = [created("before"), created("since")];
  const until = (filters.get("until") ?? []).map((each) => parseTimestamp(each));
  return (image) => {
    const time = Date.parse(image.config.created ?? "") || 0;
    return (
      before.every((limit) => time < limit) &&
      since.every((limit) => time > limit) &&
      until.every((limit) => time < limit) &&
      matchesLabels(filters.get("label"), image.config.config?.Labels, filters.get("label!"))
    );
  };
}

/** SharedSize: bytes of the layers that another image stands on, too. */
async function addSharedSizes({ images }: ImageDependencies, found: ImageSummary[]): Promise<void> {
  const users = new Map<string, number>();
  const sizes = new Map<string, { chain: string; size: number }[]>();
  for (const image of images.images.list()) {
    const chain: { chain: string; size: number }[] = [];
    const top = image.chainID === undefined ? undefined : images.layers.get(image.chainID);
    for (let layer = top; layer; layer = layer.parent) {
      chain.push({ chain: layer.chainID, size: layer.diffSize });
      users.set(layer.chainID, (users.get(layer.chainID) ?? 0) + 1);
    }
    if (top) await images.layers.release(top);
    sizes.set(image.id, chain);
  }
  for (const image of found) {
    const shared = (sizes.get(image.Id) ?? []).filter(({ chain }) => (users.get(chain) ?? 0) > 1);
    image.SharedSize = shared.reduce((sum, { size }) => sum + size, 0);
  }
}
