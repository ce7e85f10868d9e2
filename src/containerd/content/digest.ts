import { createReadStream } from "node:fs";
import { invalidArgument } from "../../errors/errors.ts";

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** The hexadecimal part of a digest. Errors: invalidArgument for what is no sha256 digest. */
export function hexOf(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined)
    throw invalidArgument(`digest ${JSON.stringify(digest)}: want sha256:<64 hex digits>: invalid argument`);
  return hex;
}

const HEX_LENGTHS: Record<string, number> = { sha256: 64, sha384: 96, sha512: 128 };

/** What is wrong with a digest, in the words of stock's library; undefined for a good one. */
export function wrongDigest(digest: string): string | undefined {
  const [, algorithm, hex = ""] = /^([A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*):([0-9a-fA-F]+)$/.exec(digest) ?? [];
  if (algorithm === undefined) return "invalid checksum digest format";
  const length = HEX_LENGTHS[algorithm];
  if (length === undefined) return "unsupported digest algorithm";
  if (hex.length !== length) return "invalid checksum digest length";
  return /^[0-9a-f]+$/.test(hex) ? undefined : "invalid checksum digest format";
}

/** The sha256 state of the first `length` bytes of a file, to be continued. */
export async function hashPrefix(path: string, length: number): Promise<Bun.CryptoHasher> {
  const hasher = new Bun.CryptoHasher("sha256");
  if (length === 0) return hasher;
  for await (const chunk of createReadStream(path, { end: length - 1, highWaterMark: 1 << 20 }))
    hasher.update(chunk as Buffer);
  return hasher;
}

/** The digest so far; the state goes on. */
export function digestOf(hasher: Bun.CryptoHasher): string {
  return `sha256:${hasher.copy().digest("hex")}`;
}
