import { conflict, notFound } from "../errors/errors.ts";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "./reference.ts";
import type { Image, Images } from "./types.ts";

const ID = /^(?:sha256:)?([0-9a-f]{1,64})$/;

/** Finds an image by name, digest, id, or a prefix of the id that no other image has. Errors: notFound, conflict. */
export function resolveImage({ images, references }: Omit<Images, "resolve">, text: string): Image {
  const hex = ID.exec(text)?.[1];
  if (hex?.length === 64) {
    const id = `sha256:${hex}`;
    if (images.has(id)) return images.get(id);
    throw noSuchImage(text);
  }
  const named = nameOf(text);
  const id = named === undefined ? undefined : references.get(named);
  if (id !== undefined && images.has(id)) return images.get(id);
  if (hex !== undefined) {
    const found = images.list().filter((image) => image.id.startsWith(`sha256:${hex}`));
    if (found.length > 1) throw conflict(`Multiple IDs found with provided prefix: ${text}`);
    if (found[0]) return found[0];
  }
  throw noSuchImage(text);
}

function nameOf(text: string): string | undefined {
  try {
    const reference = withDefaultTag(parseReference(text));
    // A digest is enough; a tag beside it is only for people.
    if (reference.digest !== undefined) delete reference.tag;
    return canonicalReference(reference);
  } catch {
    return undefined;
  }
}

function noSuchImage(text: string): Error {
  const shown = () => familiarReference(withDefaultTag(parseReference(text)));
  try {
    return notFound(`No such image: ${ID.test(text) && text.startsWith("sha256:") ? text : shown()}`);
  } catch (error) {
    return ID.test(text) ? notFound(`No such image: ${text}`) : (error as Error);
  }
}
