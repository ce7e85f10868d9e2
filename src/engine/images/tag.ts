import { invalidArgument } from "../../errors/errors.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { canonical, familiar, parseImageName, withTag } from "./names.ts";
import { labelsOf } from "./pull.ts";

/** Gives an image another name. Errors: notFound, invalidArgument. */
export async function tagImage(
  deps: ImageDependencies,
  name: string,
  repo: string,
  tag: string,
): Promise<void> {
  const { id } = deps.images.resolve(name);
  await nameImage(deps, id, repo, tag);
}

/** Gives an image the name repo[:tag]; the tag is "latest" by default. Errors: invalidArgument. */
export async function nameImage(
  deps: ImageDependencies,
  id: string,
  repo: string,
  tag: string,
): Promise<string> {
  const { domain, path, tag: own, digest } = parseImageName(repo);
  if (digest) throw invalidArgument("refusing to create a tag with a digest reference");
  const target = withTag({ domain, path }, tag || own || "latest");
  if (target.digest) throw invalidArgument("refusing to create a tag with a digest reference");
  if (target.path === "library/sha256" || target.path === "sha256")
    throw invalidArgument(`refusing to create an ambiguous tag using digest algorithm as name`);
  await deps.images.references.add(canonical(target), id);
  deps.images.images.setLastUpdated(id);
  deps.events.publish("image", "tag", id, { ...labelsOf(deps, id), name: familiar(target) });
  return familiar(target);
}
