import { EngineError, notFound } from "../../errors/errors.ts";
import { familiarName } from "../../images/reference.ts";
import type { PushOptions } from "../api/images/backend.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { canonical, familiar, type ImageName, parseImageName, repositoryOf, withTag } from "./names.ts";
import { labelsOf } from "./pull.ts";

/** Pushes one tag, or all tags of a name without one. Errors: in stock's words. */
export async function pushImages(deps: ImageDependencies, options: PushOptions): Promise<void> {
  const name = withTag(parseImageName(options.name), options.tag);
  options.progress({ status: `The push refers to repository [${repositoryOf(name)}]` });
  for (const each of tagsToPush(deps, name)) await pushOne(deps, options, each);
}

function tagsToPush({ images }: ImageDependencies, name: ImageName): (ImageName & { tag: string })[] {
  const { domain, path, tag } = name;
  if (name.digest) throw new EngineError("invalidArgument", "cannot push a digest reference");
  const all = images.references
    .all()
    .map(({ reference }) => parseImageName(reference))
    .filter((other) => other.domain === domain && other.path === path);
  if (all.length === 0)
    throw notFound(`An image does not exist locally with the tag: ${familiarName({ domain, path })}`);
  if (tag) {
    if (images.references.get(canonical(name)) === undefined)
      throw notFound(`tag does not exist: ${familiar(name)}`);
    return [{ domain, path, tag }];
  }
  return all.flatMap((other) => (other.tag ? [{ domain, path, tag: other.tag }] : []));
}

async function pushOne(
  deps: ImageDependencies,
  options: PushOptions,
  name: ImageName & { tag: string },
): Promise<void> {
  const { images, events } = deps;
  const image = images.images.get(images.references.get(canonical(name)) ?? "");
  const top = image.chainID === undefined ? undefined : images.layers.get(image.chainID);
  const { domain, path, tag } = name;
  const { credentials, progress, signal } = options;
  try {
    const { digest } = await deps.pusher.push({
      domain,
      path,
      tag,
      image,
      top,
      credentials,
      progress,
      signal,
    });
    const digested = canonical({ domain, path, digest });
    if (images.references.get(digested) === undefined) await images.references.add(digested, image.id);
  } finally {
    if (top) await images.layers.release(top);
  }
  events.publish("image", "push", familiar(name), {
    ...labelsOf(deps, image.id),
    name: familiarName({ domain, path }),
  });
}
