import { Readable } from "node:stream";

/**
 * A layer's tar as gzip. The same tar always gives the same bytes (no time, no name in the header), so that a
 * second push of a layer finds the first one's blob. Compression runs in zlib's own threads.
 */
export async function* compressLayer(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGzip } = await import("node:zlib");
  const input = Readable.from(tar, { objectMode: false, highWaterMark: 1 << 20 });
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
