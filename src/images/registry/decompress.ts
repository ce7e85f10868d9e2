import { Readable } from "node:stream";
import { dataLoss, invalidArgument } from "../../errors/errors.ts";
import { ZstdFrames } from "./zstd-frames.ts";

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
  const found = MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  if (!found && isSkippable(head)) return "zstd";
  return found?.[0] ?? "none";
}

/** A zstd frame to be passed over (RFC 8878, 3.1.2), which others may follow. */
const isSkippable = ([first = 0, ...rest]: Uint8Array): boolean =>
  first >> 4 === 5 && [0x2a, 0x4d, 0x18].every((byte, i) => rest[i] === byte);

/** What has no library here, as in stock for xz. */
const PROGRAMS: Partial<Record<Compression, string[]>> = {
  xz: ["xz", "-d", "-c", "-q"],
  bzip2: ["bzip2", "-d", "-c", "-q"],
};

/**
 * The tar inside of a layer blob, or of any archive: plain, gzip and zstd in this process, in zlib's own threads; xz and
 * bzip2 by the programs of that name. Errors: dataLoss for a broken stream; invalidArgument where the program is missing.
 */
export async function* decompressLayer(blob: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = blob[Symbol.asyncIterator]();
  try {
    const head = await firstBytes(source);
    if (head.length === 0) return;
    const whole = prepend(head, source);
    const compression = sniffCompression(head);
    const program = PROGRAMS[compression];
    if (program) yield* through(program, whole);
    else if (compression === "gzip" || compression === "zstd") yield* inflate(whole, compression);
    else yield* whole;
  } finally {
    await source.return?.();
  }
}

const LONGEST_MAGIC = Math.max(...MAGIC.map(([, magic]) => magic.length));

/** Enough to tell the compression by; a stream may come in crumbs. */
async function firstBytes(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < LONGEST_MAGIC) {
    const next = await source.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* through(command: string[], packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [name] = command as [string];
  if (!Bun.which(name))
    throw invalidArgument(`cannot unpack ${name}: the program ${name} is not installed on the engine's host`);
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  let broken: { error: unknown } | undefined;
  const feeding = feed(child.stdin, packed).catch((error) => {
    // One that has ended takes no more: its exit code tells.
    if (!child.killed && child.exitCode === null) broken = { error };
    child.kill();
  });
  try {
    for await (const piece of child.stdout as unknown as AsyncIterable<Uint8Array>) yield piece;
    await feeding;
    if (broken) throw broken.error;
    if ((await child.exited) !== 0) throw dataLoss(`broken ${name} stream`);
  } finally {
    child.kill();
  }
}

async function feed(sink: Bun.FileSink, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    sink.write(chunk);
    await sink.flush();
  }
  await sink.end();
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
  const frames = compression === "zstd" ? new ZstdFrames() : undefined;
  const input = Readable.from(frames ? followed(packed, frames) : packed, {
    objectMode: false,
    highWaterMark: 1 << 20,
  });
  const output = compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  input.on("error", (error) => output.destroy(error));
  input.pipe(output);
  try {
    for await (const piece of output) yield piece as Uint8Array;
    if (frames && !frames.complete) throw new Error("unexpected end of file");
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

async function* followed(bytes: AsyncIterable<Uint8Array>, frames: ZstdFrames): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    frames.push(piece);
    yield piece;
  }
}
