import { createHash } from "node:crypto";
import type { Digest } from "../types.ts";

/** chainID of a layer on top of another (image-spec config.md, "Layer ChainID"). */
export function chainID(parent: Digest | undefined, diffID: Digest): Digest {
  if (parent === undefined) return diffID;
  return `sha256:${createHash("sha256").update(`${parent} ${diffID}`).digest("hex")}`;
}

/** chainID of a whole stack, bottom first; undefined for none. */
export function chainIDOf(diffIDs: readonly Digest[]): Digest | undefined {
  return diffIDs.reduce<Digest | undefined>((parent, diffID) => chainID(parent, diffID), undefined);
}

/** The hex digits of a sha256 digest. */
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1);
