/** Unpacking of one layer: decompression, digest, files and tar-split record in one go. */
import { createHash } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { collectSometimes } from "../../memory/collect.ts";
import { decompressLayer, sniffCompression } from "../registry/decompress.ts";
import type { Digest } from "../types.ts";
import { finished, follow, type Growth } from "./growing.ts";
import { TarSplitWriter } from "./tar-split.ts";

export interface UnpackRequest {
  /** The layer, packed or not: a path, or undefined for a stream. */
  file: string | undefined;
  /** Where the files go. */
  folder: string;
  whiteouts: Whiteouts;
  /** The layer names owners by these ids of containers. */
  ids?: IDMap | undefined;
  /** Path of the tar-split record to write. */
  tarSplit: string;
  /** An earlier attempt has left something in the folder, which goes first. */
  again?: boolean;
}

export interface Unpacked {
  diffID: Digest;
  /** As the layer's size counts them. */
  size: number;
  /** Bytes of the tar, unpacked. */
  tarSize: number;
}

export interface UnpackContext {
  /** The layer, if the request names no file. */
  stream?: AsyncIterable<Uint8Array>;
  /** Where the file is still being written. */
  growth?: Growth | undefined;
  /** Told how many bytes of the file, as it is, have been read. */
  onRead?(bytes: number): void;
  signal?: AbortSignal | undefined;
}

/** Unpacks within this process. Errors: dataLoss, invalidArgument, system; RestartedError; cancelled. */
export async function unpackHere(request: UnpackRequest, context: UnpackContext): Promise<Unpacked> {
  const { whiteouts, ids, folder } = request;
  if (request.again) empty(folder);
  const hash = createHash("sha256");
  const split = new TarSplitWriter(request.tarSplit);
  let tarSize = 0;
  async function* tar(): AsyncGenerator<Uint8Array> {
    for await (const chunk of decompressLayer(sourceOf(request, context))) {
      hash.update(chunk);
      tarSize += chunk.length;
      collectSometimes(chunk.length);
      const behind = split.behind;
      if (behind) await behind;
      yield chunk;
    }
  }
  try {
    const size = await unpack(tar(), folder, { whiteouts, ids, observer: split });
    await split.finish();
    return { diffID: `sha256:${hash.digest("hex")}`, size, tarSize };
  } catch (error) {
    split.abandon();
    throw error;
  }
}

async function* sourceOf({ file }: UnpackRequest, context: UnpackContext): AsyncGenerator<Uint8Array> {
  const { stream, growth, onRead, signal } = context;
  const pieces =
    file === undefined
      ? stream!
      : // A decompressor keeps the pieces that it is given for a while.
        follow(file, growth ?? finished(statSync(file).size), (head) => sniffCompression(head) === "none");
  let read = 0;
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    read += piece.length;
    onRead?.(read);
    yield piece;
  }
}

function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}
