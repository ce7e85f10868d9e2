import { invalidArgument } from "../../errors/errors.ts";
import {
  canonicalName,
  canonicalReference,
  familiarReference,
  parseReference,
  type Reference,
} from "../../images/reference.ts";
import { isDigest } from "../../images/registry/descriptor.ts";

/** A name of an image in parts, with a tag or a digest or neither. */
export type ImageName = Reference;

const TAG = /^\w[\w.-]{0,127}$/;

/** Reads a name as people type it; of "x:1@sha256:…" the digest is what counts. Errors: invalidArgument. */
export function parseImageName(text: string): ImageName {
  const { tag, ...rest } = parseReference(text);
  return tag === undefined || rest.digest !== undefined ? rest : { ...rest, tag };
}

/** The name with another tag or digest; "" leaves it as it is. Errors: invalidArgument. */
export function withTag(name: ImageName, tagOrDigest: string): ImageName {
  const { domain, path } = name;
  if (tagOrDigest === "") return name;
  if (tagOrDigest.includes(":")) {
    if (!isDigest(tagOrDigest)) throw invalidArgument("invalid reference format");
    return { domain, path, digest: tagOrDigest };
  }
  if (!TAG.test(tagOrDigest)) throw invalidArgument("invalid tag format");
  return { domain, path, tag: tagOrDigest };
}

/** "docker.io/library/busybox" */
export const repositoryOf = canonicalName;

/** The key of the reference store: "docker.io/library/busybox:latest". */
export const canonical = canonicalReference;

/** As people write it: "busybox:latest". */
export const familiar = familiarReference;

/** The familiar form of a key of the reference store. */
export const familiarOf = (reference: string): string => familiar(parseImageName(reference));
