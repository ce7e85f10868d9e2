import { Readable } from "node:stream";

/**
 * A layer's tar as gzip. The same tar always gives the same bytes (no time, no name in the header), so that a
 * second push of a layer finds the first one's blob. Compression runs in zlib's own threads.
 */
export async function* compressLayer(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGzip } = await import("node:zlib");
  const input = Readable.from(evenly(tar), { objectMode: false, highWaterMark: 1 << 20 });
  const output = createGzip({ chunkSize: 128 * 1024 });
  input.on("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const piece of output) yield piece as Uint8Array;
  } finally {
    input.destroy();
    output.destroy();
  }
}

const PIECE = 128 * 1024;

/** The same bytes in pieces of one size: how zlib compresses depends on where its input is cut. */
async function* evenly(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for await (const part of bytes) {
    for (let from = 0; from < part.length; ) {
      const taken = Math.min(PIECE - filled, part.length - from);
      piece.set(part.subarray(from, from + taken), filled);
      filled += taken;
      from += taken;
      if (filled < PIECE) continue;
      yield piece;
      piece = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
