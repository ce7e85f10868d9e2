import type { FileHandle } from "node:fs/promises";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { dataLoss, isCancelled, kindOf } from "../../errors/errors.ts";
import { collectSometimes } from "../../memory/collect.ts";
import { pause } from "./abort.ts";
import { type Descriptor, hasherFor, splitDigest } from "./descriptor.ts";
import { failureOf } from "./failure.ts";
import type { Answer } from "./transport.ts";

/** A place that should have a blob; see RemoteRepository. */
export interface BlobSource {
  /** URL of the mirror that it is; undefined for the registry itself. */
  readonly mirror?: string | undefined;
  blob(digest: string, offset: number, signal?: AbortSignal): Promise<Answer>;
  bytes(answer: Answer, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface DownloadOptions {
  /** In the order to try them. */
  sources: readonly BlobSource[];
  blob: Descriptor;
  /** Where it goes; what an earlier, broken download left there is continued. */
  file: string;
  signal?: AbortSignal;
  /** Bytes so far. */
  onProgress(current: number): void;
  /** All bytes are here; they are being verified. */
  onVerify?(): void;
  /** A transfer broke; the next attempt comes in so many seconds. */
  onRetry?(seconds: number): void;
  /** Seconds to wait before each further attempt at one source; their number is that of the attempts. */
  backoff?: readonly number[];
}

/** Five more attempts. */
const BACKOFF = [1, 2, 4, 8, 15];

/** A piece of a file read back for hashing, in bytes. */
const PIECE = 1 << 20;

/** A blob on its way into a file, with the hash of what is there already. */
class Partial {
  private hasher: Bun.CryptoHasher;
  length = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly blob: Descriptor,
  ) {
    this.hasher = hasherFor(blob.digest);
  }

  /** Takes over what the file holds. */
  async adopt(): Promise<void> {
    const { size } = await this.file.stat();
    if (size > this.blob.size) return this.restart();
    const buffer = Buffer.allocUnsafe(PIECE);
    while (this.length < size) {
      const { bytesRead } = await this.file.read(buffer, 0, PIECE, this.length);
      if (bytesRead === 0) break;
      this.hasher.update(buffer.subarray(0, bytesRead));
      this.length += bytesRead;
    }
  }

  async restart(): Promise<void> {
    await this.file.truncate(0);
    this.hasher = hasherFor(this.blob.digest);
    this.length = 0;
  }

  async append(piece: Uint8Array): Promise<void> {
    if (this.length + piece.length > this.blob.size)
      throw dataLoss(
        `blob ${this.blob.digest} is longer than the ${this.blob.size} bytes that its manifest says`,
      );
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await this.file.write(piece, done, piece.length - done, this.length + done);
      done += bytesWritten;
    }
    this.hasher.update(piece);
    this.length += piece.length;
    collectSometimes(piece.length);
  }

  get complete(): boolean {
    return this.length === this.blob.size;
  }

  /** To be asked once, when complete. */
  verified(): boolean {
    return this.hasher.digest("hex") === splitDigest(this.blob.digest).hex;
  }
}

/**
 * Downloads a blob into a file, verified. A broken transfer is continued where it broke, and a source that
 * fails for good is followed by the next one. On failure the file stays for another attempt, unless its
 * content is wrong. Gives the source that had the rest. Errors: the last source's; dataLoss on a wrong digest; cancelled.
 */
export async function downloadBlob(options: DownloadOptions): Promise<BlobSource> {
  await mkdir(dirname(options.file), { recursive: true, mode: 0o700 });
  const file = await open(options.file, "a+", 0o600).then(async (handle) => {
    await handle.close();
    return open(options.file, "r+");
  });
  let failure: unknown = dataLoss(`no source for blob ${options.blob.digest}`);
  const partial = new Partial(file, options.blob);
  try {
    await partial.adopt();
    for (const source of options.sources) {
      try {
        await fromSource(source, partial, options);
        return source;
      } catch (error) {
        if (isCancelled(error) || options.signal?.aborted) throw error;
        failure = error;
      }
    }
  } finally {
    await file.close();
    if (partial.length === 0 && options.blob.size > 0) await discardDownload(options.file);
  }
  throw failure;
}

async function fromSource(source: BlobSource, partial: Partial, options: DownloadOptions): Promise<void> {
  const delays = [...(options.backoff ?? BACKOFF)];
  for (;;) {
    try {
      if (!partial.complete) await transfer(source, partial, options);
      options.onVerify?.();
      if (partial.verified()) return;
      throw dataLoss(`filesystem layer verification failed for digest ${options.blob.digest}`);
    } catch (error) {
      if (kindOf(error) === "dataLoss") await partial.restart();
      const delay = worthRetry(error) ? delays.shift() : undefined;
      if (delay === undefined || options.signal?.aborted) throw error;
      options.onRetry?.(delay);
      await pause(delay * 1000, options.signal);
    }
  }
}

/** Refusals (4xx but for rate limits) and wrong content do not get better; all else may. */
function worthRetry(error: unknown): boolean {
  if (isCancelled(error) || kindOf(error) === "dataLoss") return false;
  const status = failureOf(error)?.status ?? 0;
  return status < 400 || status === 408 || status === 429 || status >= 500;
}

async function transfer(source: BlobSource, partial: Partial, options: DownloadOptions): Promise<void> {
  const { blob, signal, onProgress } = options;
  const answer = await source.blob(blob.digest, partial.length, signal);
  if (answer.status !== 206 || !continues(answer.headers.get("content-range"), partial.length))
    await partial.restart();
  if (answer.status === 206 && partial.length === 0 && !continues(answer.headers.get("content-range"), 0)) {
    await answer.body?.cancel();
    throw new Error(`"${answer.url}" answered with another range than was asked for`);
  }
  onProgress(partial.length);
  for await (const piece of source.bytes(answer, signal)) {
    await partial.append(piece);
    onProgress(partial.length);
  }
  if (!partial.complete)
    throw new Error(`"${answer.url}": unexpected EOF after ${partial.length} of ${blob.size} bytes`);
}

const continues = (range: string | null, offset: number): boolean =>
  Number(/^bytes (\d+)-/.exec(range ?? "")?.[1] ?? Number.NaN) === offset;

/** Removes a download, finished or not. */
export const discardDownload = (file: string): Promise<void> => rm(file, { force: true });
