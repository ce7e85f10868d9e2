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
