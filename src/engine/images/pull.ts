import { invalidArgument } from "../../errors/errors.ts";
import { familiarName } from "../../images/reference.ts";
import {
  formatPlatform,
  hostPlatform,
  matchesPlatform,
  parsePlatform,
} from "../../images/registry/platform.ts";
import { translatePullError } from "../../images/registry/translate.ts";
import type { PullOptions } from "../api/images/backend.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { canonical, familiar, type ImageName, parseImageName, withTag } from "./names.ts";

/** Pulls one tag or digest, or all tags of a name that has neither. Errors: in stock's words. */
export async function pullImages(deps: ImageDependencies, options: PullOptions): Promise<void> {
  const name = nameOf(options);
  const request = { ...name, credentials: options.credentials, signal: options.signal };
  if (name.tag || name.digest) return sayStatus(options, await pullOne(deps, options, name), familiar(name));
  const tags = await deps.puller.tags(request).catch((error) => {
    throw translatePullError(error, familiarName(name), "");
  });
  let fresh = false;
  for (const tag of tags) fresh = (await pullOne(deps, options, { ...name, tag })) || fresh;
  sayStatus(options, fresh, familiarName(name));
}

function sayStatus({ progress }: PullOptions, fresh: boolean, name: string): void {
  const said = fresh ? "Downloaded newer image for" : "Image is up to date for";
  progress({ status: `Status: ${said} ${name}` });
}

/** Where name and `tag` both have one, `tag` counts; a name with a digest is by digest. */
function nameOf({ name, tag }: PullOptions): ImageName {
  const parsed = parseImageName(name);
  if (parsed.digest) return parsed;
  const { domain, path } = parsed;
  return tag === "" ? parsed : withTag({ domain, path }, tag);
}

/** True if the name now stands for another image. */
async function pullOne(deps: ImageDependencies, options: PullOptions, name: ImageName): Promise<boolean> {
  const { credentials, progress, signal } = options;
  const platform = options.platform === "" ? hostPlatform() : parsePlatform(options.platform);
  if (platform.os !== "linux")
    throw invalidArgument(`operating system ${JSON.stringify(platform.os)} is not supported: only linux is`);
  const reference = name.digest ? { digest: name.digest } : { tag: name.tag ?? "latest" };
  const { domain, path } = name;
  let pulled: { id: string; digest: string };
  try {
    pulled = await deps.puller.pull({ domain, path, reference, platform, credentials, progress, signal });
  } catch (error) {
    const suffix = name.digest ? `@${name.digest}` : `:${name.tag}`;
    throw translatePullError(error, familiarName({ domain, path }), suffix);
  }
  const fresh = await remember(deps, name, pulled);
  warnOfPlatform(deps, options, pulled.id, familiar(name));
  deps.events.publish("image", "pull", familiar(name), {
    ...labelsOf(deps, pulled.id),
    name: familiarName({ domain, path }),
  });
  return fresh;
}

/** Names the image; true if a name changed. Its digest becomes a name, too. */
async function remember(
  { images }: ImageDependencies,
  name: ImageName,
  { id, digest }: { id: string; digest: string },
): Promise<boolean> {
  const { domain, path, tag = "latest" } = name;
  const tagged = { domain, path, tag };
  const digested = canonical({ domain, path, digest });
  const before = images.references.get(name.digest ? digested : canonical(tagged));
  if (!name.digest && before !== id) await images.references.add(canonical(tagged), id);
  // A digest of an index may stand for another platform's image already; that name is not taken away.
  if (images.references.get(digested) === undefined) await images.references.add(digested, id);
  return before !== id;
}

function warnOfPlatform({ images }: ImageDependencies, options: PullOptions, id: string, name: string): void {
  if (options.platform === "") return;
  const wanted = parsePlatform(options.platform);
  const { os, architecture, variant } = images.images.get(id).config;
  const actual = { os, architecture, ...(variant ? { variant } : {}) };
  if (matchesPlatform(actual, wanted)) return;
  const why = `image with reference ${name} was found but does not match the specified platform: wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`;
  options.progress({ status: `WARNING: ${why}` });
}

/** Labels of an image are attributes of its events. */
export function labelsOf({ images }: ImageDependencies, id: string): Record<string, string> {
  return images.images.has(id) ? (images.images.get(id).config.config?.Labels ?? {}) : {};
}
