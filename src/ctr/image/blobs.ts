/** Blobs of the daemon's content store, read and written whole or as streams. */

import { kindOf } from "../../errors/errors.ts";
import type { CallOptions } from "../../grpc/client.ts";
import { ContentDefinition, WriteAction } from "../../proto/containerd/services/content/v1/content.ts";
import type { Cli } from "../cli.ts";
import { labelMask } from "../labels.ts";

/** Bytes of a message of content; stock containerd takes 4 MiB. */
const CHUNK = 1 << 20;

export interface Written {
  digest: string;
  size: number;
}

/**
 * Writes a stream as a blob under a ref and returns its digest. A blob that is there already is kept, and
 * what is written the second time thrown away.
 */
export async function writeBlob(
  cli: Cli,
  options: CallOptions,
  ref: string,
  source: AsyncIterable<Uint8Array>,
  labels: Record<string, string> = {},
): Promise<Written> {
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  async function* requests() {
    for await (const piece of source) {
      for (let at = 0; at < piece.length; at += CHUNK) {
        const data = piece.subarray(at, at + CHUNK);
        yield { action: WriteAction.WRITE, ref, offset: BigInt(size), data };
        hasher.update(data);
        size += data.length;
      }
    }
    yield { action: WriteAction.COMMIT, ref, offset: BigInt(size), total: BigInt(size), labels };
  }
  const result = () => ({ digest: `sha256:${hasher.digest("hex")}`, size });
  try {
    for await (const { action } of cli.client(ContentDefinition).write(requests(), options))
      if (action === WriteAction.COMMIT) return result();
  } catch (error) {
    if (kindOf(error) !== "exists") throw error;
  }
  return result();
}

/** A whole blob. Errors: notFound. */
export async function readBlob(cli: Cli, digest: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of cli.client(ContentDefinition).read({ digest }, cli.longCall))
    pieces.push(data);
  return Buffer.concat(pieces);
}

/** A blob that is JSON. Errors: notFound; SyntaxError. */
export async function readJSON<T>(cli: Cli, digest: string): Promise<T> {
  return JSON.parse((await readBlob(cli, digest)).toString()) as T;
}

/** Whether the content store has a blob. */
export async function hasBlob(cli: Cli, digest: string): Promise<boolean> {
  try {
    await cli.client(ContentDefinition).info({ digest }, cli.call);
    return true;
  } catch (error) {
    if (kindOf(error) === "notFound") return false;
    throw error;
  }
}

/** Adds labels to a blob. */
export async function labelBlob(cli: Cli, digest: string, labels: Record<string, string>): Promise<void> {
  const updateMask = labelMask(labels);
  await cli.client(ContentDefinition).update({ info: { digest, labels }, updateMask }, cli.call);
}
