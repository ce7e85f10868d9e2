/**
 * The child process that unpacks one layer, so that the daemon answers meanwhile:
 * `docker-containerd unpack-layer BLOB FOLDER overlay|remove` prints the digest and the size of the tar.
 */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { unpack } from "../../archive/unpack.ts";
import { invalidArgument, messageOf } from "../../errors/errors.ts";

const CHUNK = 256 << 10;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

async function magicOf(path: string): Promise<Buffer> {
  return Buffer.from(await Bun.file(path).slice(0, 4).arrayBuffer());
}

async function openTar(path: string): Promise<Readable> {
  const magic = await magicOf(path);
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const decoder = magic.subarray(0, 2).equals(GZIP_MAGIC)
    ? createGunzip({ chunkSize: CHUNK })
    : magic.equals(ZSTD_MAGIC)
      ? createZstdDecompress({ chunkSize: CHUNK })
      : undefined;
  if (!decoder) return file;
  file.on("error", (error) => decoder.destroy(error));
  return file.pipe(decoder);
}

/** Hashes all that passes, and goes on to the end of the file although a tar's reader stops at the tar's end. */
class HashedStream {
  readonly #hasher = new Bun.CryptoHasher("sha256");
  readonly #source: AsyncIterator<Uint8Array>;
  size = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const step = await this.#source.next();
    if (!step.done) {
      this.#hasher.update(step.value);
      this.size += step.value.length;
    }
    return step;
  }

  [Symbol.asyncIterator]() {
    return { next: () => this.next() };
  }

  async finish(): Promise<string> {
    while (!(await this.next()).done);
    return `sha256:${this.#hasher.digest("hex")}`;
  }
}

/** What the child prints. */
export interface UnpackedLayer {
  digest: string;
  size: number;
}

async function run(args: string[]): Promise<UnpackedLayer> {
  const [blob, folder, whiteouts] = args;
  if (blob === undefined || folder === undefined || (whiteouts !== "overlay" && whiteouts !== "remove"))
    throw invalidArgument("unpack-layer BLOB FOLDER overlay|remove");
  const stream = new HashedStream(await openTar(blob));
  await unpack(stream, folder, { whiteouts });
  return { digest: await stream.finish(), size: stream.size };
}

/** The child's main. Resolves to its exit code; an error is one line on stderr. */
export async function unpackLayerMain(args: string[]): Promise<number> {
  try {
    process.stdout.write(JSON.stringify(await run(args)));
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}
