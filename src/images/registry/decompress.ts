import { Readable } from "node:stream";
import { dataLoss } from "../../errors/errors.ts";

/** How a layer is packed, judged by its first bytes: what a media type claims is not to be trusted. */
export type Compression = "gzip" | "zstd" | "bzip2" | "xz" | "none";

const MAGIC: [Compression, number[]][] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** The compression that the first bytes of a file tell. */
export function sniffCompression(head: Uint8Array): Compression {
  return MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0] ?? "none";
}

/**
 * The tar inside of a layer blob. Decompression runs in zlib's own threads. Errors: dataLoss for a broken
 * stream, or a compression that layers do not have.
 */
export async function* decompressLayer(blob: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = blob[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    if (first.done) return;
    const whole = prepend(first.value, source);
    const compression = sniffCompression(first.value);
    if (compression === "none") yield* whole;
    else if (compression === "gzip" || compression === "zstd") yield* inflate(whole, compression);
    else throw dataLoss(`layer compressed with ${compression}: only gzip, zstd and plain tar are supported`);
  } finally {
    await source.return?.();
  }
}

async function* prepend(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* inflate(
  packed: AsyncIterable<Uint8Array>,
  compression: "gzip" | "zstd",
): AsyncGenerator<Uint8Array> {
  const { createGunzip, createZstdDecompress } = await import("node:zlib");
  const options = { chunkSize: 256 * 1024 };
  const input = Readable.from(packed, { objectMode: false, highWaterMark: 1 << 20 });
  const output = compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  input.on("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const piece of output) yield piece as Uint8Array;
  } catch (cause) {
    if (cause instanceof Error && "kind" in cause) throw cause;
    throw dataLoss(`broken ${compression} stream: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  } finally {
    input.destroy();
    output.destroy();
  }
}
