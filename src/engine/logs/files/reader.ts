import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { parseNanos } from "../../time.ts";
import type { FramesWanted, LogEntry, ReadOptions } from "../types.ts";
import type { LogFormat } from "./format.ts";
import { filesOf } from "./rotated.ts";
import { tailPosition } from "./tail.ts";

const BLOCK = 256 * 1024;
const EMPTY = new Uint8Array(0);

/** The writer's side of a log, as a follower sees it. */
export interface Progress {
  /** Rotations so far. */
  readonly generation: number;
  /** True when no more will be written. */
  readonly closed: boolean;
  /** Resolves at the next write, rotation or close, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Entries of a log on disk, in batches; a follow goes on until the log is closed. */
export async function* readLog(
  path: string,
  format: LogFormat,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<LogEntry[]> {
  for await (const records of readBlocks(path, format, options, progress)) {
    const { kept, late } = select(decodeAll(records, format), options);
    if (kept.length > 0) yield kept;
    if (late) return;
  }
}

/** The same without looking at times: records as a client gets them, without an object for each. */
export async function* readFrames(
  path: string,
  format: LogFormat,
  options: ReadOptions,
  progress: Progress | undefined,
  wanted: FramesWanted,
): AsyncIterable<Uint8Array> {
  for await (const records of readBlocks(path, format, options, progress)) {
    const frames = format.frames!(records, wanted);
    if (frames.length > 0) yield frames;
  }
}

/** Whole records, as they are on disk. Between two blocks others have their turn: a log may be long. */
async function* readBlocks(
  path: string,
  format: LogFormat,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<Uint8Array> {
  const generation = progress?.generation ?? 0;
  const files = filesOf(path);
  const start = options.tail < 0 ? { file: 0, offset: 0 } : tailPosition(files, options.tail, format);
  // All are opened before anything is awaited, so that a rotation meanwhile cannot take one away.
  const opened = files.slice(start.file).map((file) => new RecordFile(file, format));
  opened[0]?.seek(start.offset);
  const current = files.at(-1) === path ? opened.pop() : undefined;
  try {
    for (const file of opened) {
      yield* blocksOf(file);
    }
    if (current) yield* followFile(path, current, generation, options, progress);
  } finally {
    for (const file of opened) file.close();
    current?.close();
  }
}

async function* followFile(
  path: string,
  first: RecordFile,
  firstGeneration: number,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<Uint8Array> {
  let file = first;
  let generation = firstGeneration;
  try {
    for (;;) {
      // Read before the file: what is written after this look makes changed() resolve or is read below.
      const rotated = progress !== undefined && progress.generation > generation;
      const closed = progress === undefined || progress.closed;
      const change = options.follow && !rotated && !closed ? progress.changed(options.signal) : undefined;
      yield* blocksOf(file);
      if (!options.follow || options.signal.aborted) return;
      if (rotated) {
        generation++;
        const next = pathOfGeneration(path, progress.generation - generation);
        if (next === undefined) continue;
        if (file !== first) file.close();
        file = new RecordFile(next, first.format);
      } else if (closed) return;
      else await change;
    }
  } finally {
    if (file !== first) file.close();
  }
}

async function* blocksOf(file: RecordFile): AsyncIterable<Uint8Array> {
  for (let first = true; ; first = false) {
    const block = file.next();
    if (block === undefined) return;
    if (!first) await nextTurn();
    yield block;
  }
}

function decodeAll(records: Uint8Array, format: LogFormat): LogEntry[] {
  const entries: LogEntry[] = [];
  let at = 0;
  for (let end = format.endOf(records, at); end >= 0; end = format.endOf(records, at)) {
    const entry = format.decode(records.subarray(at, end));
    if (entry) entries.push(entry);
    at = end;
  }
  return entries;
}

/** The file that has been rotated `age` times; undefined if it is gone already. */
function pathOfGeneration(path: string, age: number): string | undefined {
  const name = age === 0 ? path : `${path}.${age}`;
  return [name, `${name}.gz`].find(existsSync);
}

/** What of a batch lies between `since` and `until`; `late` when the rest of the log cannot. */
function select(batch: LogEntry[], { since, until }: ReadOptions): { kept: LogEntry[]; late: boolean } {
  if (since === 0n && until === 0n) return { kept: batch, late: false };
  const kept: LogEntry[] = [];
  for (const entry of batch) {
    const time = parseNanos(entry.time);
    if (until > 0n && time > until) return { kept, late: true };
    if (time >= since) kept.push(entry);
  }
  return { kept, late: false };
}

/** Shared by all readers: filled and copied from within one call. */
let scratch: Buffer | undefined;

/** Reads records of a growing file, or of a packed one; an unfinished last record is left for the next time. */
class RecordFile {
  readonly format: LogFormat;
  readonly #fd: number;
  readonly #packed: boolean;
  /** Content of a packed file, once it is read. */
  #content: Uint8Array | undefined;
  #offset = 0;
  #pending: Uint8Array = EMPTY;

  constructor(path: string, format: LogFormat) {
    this.format = format;
    this.#packed = path.endsWith(".gz");
    this.#fd = openSync(path, "r");
  }

  seek(offset: number): void {
    this.#offset = offset;
  }

  /** The next whole records, a block full at most; undefined at the end of what is there now. */
  next(): Uint8Array | undefined {
    for (;;) {
      const end = this.format.endOfLast(this.#pending);
      if (end > 0) {
        const records = this.#pending.subarray(0, end);
        this.#pending = this.#pending.subarray(end);
        return records;
      }
      if (!this.#fill()) return undefined;
    }
  }

  #fill(): boolean {
    const block = this.#read();
    if (block.length === 0) return false;
    this.#offset += block.length;
    this.#pending = Buffer.concat([this.#pending, block]);
    return true;
  }

  #read(): Uint8Array {
    if (this.#packed) {
      this.#content ??= gunzipSync(readFileSync(this.#fd));
      return this.#content.subarray(this.#offset, this.#offset + BLOCK);
    }
    scratch ??= Buffer.allocUnsafeSlow(BLOCK);
    return scratch.subarray(0, readSync(this.#fd, scratch, 0, BLOCK, this.#offset));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
