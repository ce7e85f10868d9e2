import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parseNanos } from "../../time.ts";
import type { LogEntry, ReadOptions } from "../types.ts";
import { filesOf } from "./files.ts";
import { decodeLine } from "./format.ts";
import { tailPosition } from "./tail.ts";

const BLOCK = 256 * 1024;
const NEWLINE = 10;

/** The writer's side of a log, as a follower sees it. */
export interface Progress {
  /** Rotations so far. */
  readonly generation: number;
  /** True when no more will be written. */
  readonly closed: boolean;
  /** Resolves at the next write, rotation or close, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Entries of a log on disk; a follow goes on until the log is closed. */
export async function* readLog(
  path: string,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<LogEntry> {
  const generation = progress?.generation ?? 0;
  const files = filesOf(path);
  const start = options.tail < 0 ? { file: 0, offset: 0 } : tailPosition(files, options.tail);
  // The current file is opened before anything is awaited, so that a rotation meanwhile cannot take it away.
  const current = files.at(-1) === path ? new LineFile(path) : undefined;
  try {
    for (let file = start.file; file < files.length - (current ? 1 : 0); file++) {
      for (const entry of packedOrPlain(files[file]!, file === start.file ? start.offset : 0)) {
        if (isLate(entry, options)) return;
        if (isEarly(entry, options)) continue;
        yield entry;
      }
    }
    if (current === undefined) return;
    if (start.file === files.length - 1) current.seek(start.offset);
    yield* followFile(path, current, generation, options, progress);
  } finally {
    current?.close();
  }
}

async function* followFile(
  path: string,
  first: LineFile,
  firstGeneration: number,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<LogEntry> {
  let file = first;
  let generation = firstGeneration;
  try {
    for (;;) {
      // Read before the file: what is written after this look makes changed() resolve or is read below.
      const rotated = progress !== undefined && progress.generation > generation;
      const closed = progress === undefined || progress.closed;
      const change = options.follow && !rotated && !closed ? progress.changed(options.signal) : undefined;
      for (let entry = file.next(); entry !== undefined; entry = file.next()) {
        if (isLate(entry, options)) return;
        if (!isEarly(entry, options)) yield entry;
      }
      if (!options.follow || options.signal.aborted) return;
      if (rotated) {
        generation++;
        const next = pathOfGeneration(path, progress.generation - generation);
        if (next === undefined) continue;
        if (file !== first) file.close();
        file = new LineFile(next);
      } else if (closed) return;
      else await change;
    }
  } finally {
    if (file !== first) file.close();
  }
}

/** The file that has been rotated `age` times; undefined if it is gone already. */
function pathOfGeneration(path: string, age: number): string | undefined {
  const name = age === 0 ? path : `${path}.${age}`;
  return existsSync(name) ? name : undefined;
}

const isEarly = (entry: LogEntry, { since }: ReadOptions) => since > 0n && parseNanos(entry.time) < since;
const isLate = (entry: LogEntry, { until }: ReadOptions) => until > 0n && parseNanos(entry.time) > until;

function* packedOrPlain(path: string, offset: number): Iterable<LogEntry> {
  if (path.endsWith(".gz")) {
    const text = gunzipSync(readFileSync(path)).subarray(offset).toString();
    for (const line of text.split("\n")) {
      const entry = decodeLine(line);
      if (entry) yield entry;
    }
    return;
  }
  const file = new LineFile(path);
  try {
    file.seek(offset);
    for (let entry = file.next(); entry !== undefined; entry = file.next()) yield entry;
  } finally {
    file.close();
  }
}

/** Shared by all readers: filled and copied from within one call. */
let scratch: Buffer | undefined;

/** Reads entries from a growing file; an unfinished last line is left for the next time. */
class LineFile {
  readonly #fd: number;
  #offset = 0;
  #pending: Uint8Array = new Uint8Array(0);

  constructor(path: string) {
    this.#fd = openSync(path, "r");
  }

  seek(offset: number): void {
    this.#offset = offset;
  }

  /** The next entry; undefined at the end of what is there now. */
  next(): LogEntry | undefined {
    for (;;) {
      const end = this.#pending.indexOf(NEWLINE);
      if (end < 0) {
        if (!this.#fill()) return undefined;
        continue;
      }
      const entry = decodeLine(Buffer.from(this.#pending.buffer, this.#pending.byteOffset, end).toString());
      this.#pending = this.#pending.subarray(end + 1);
      if (entry) return entry;
    }
  }

  #fill(): boolean {
    scratch ??= Buffer.allocUnsafeSlow(BLOCK);
    const count = readSync(this.#fd, scratch, 0, BLOCK, this.#offset);
    if (count === 0) return false;
    this.#offset += count;
    this.#pending = Buffer.concat([this.#pending, scratch.subarray(0, count)]);
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
