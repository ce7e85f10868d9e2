import { invalidArgument } from "../../errors/errors.ts";

/** "linux/arm64/v8" in parts; image-spec's platform object. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
  "os.version"?: string;
}

/** Points at content: image-spec descriptor.md. `size` is in bytes. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  urls?: string[];
  platform?: Platform;
  annotations?: Record<string, string>;
}

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/** True for a well-formed digest of an algorithm that we can verify. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** The algorithm and the hex part. Errors: invalidArgument. */
export function splitDigest(digest: string): { algorithm: "sha256" | "sha384" | "sha512"; hex: string } {
  if (!isDigest(digest)) throw invalidArgument(`invalid digest ${JSON.stringify(digest)}`);
  const [algorithm, hex] = digest.split(":") as ["sha256" | "sha384" | "sha512", string];
  return { algorithm, hex };
}

/** The first 12 hex digits, as progress lines and listings show a digest. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1).slice(0, 12);
}

/** The digest of a piece of content. */
export function digestOf(content: Uint8Array | string): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(content).digest("hex")}`;
}

/** A running hash of the algorithm that `digest` names. */
export function hasherFor(digest: string): Bun.CryptoHasher {
  return new Bun.CryptoHasher(splitDigest(digest).algorithm);
}
