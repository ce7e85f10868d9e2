import { existsSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseNanos } from "../../time.ts";
import type { FramesWanted, LogEntry, ReadOptions } from "../types.ts";
import type { LogFormat } from "./format.ts";
import type { Recent } from "./recent.ts";
import { RecordFile, type Use } from "./record-file.ts";
import { filesOf } from "./rotated.ts";
import { tailPosition } from "./tail.ts";

/** The writer's side of a log, as a follower sees it. */
export interface Progress {
  /** Rotations so far. */
  readonly generation: number;
  /** True when no more will be written. */
  readonly closed: boolean;
  /** Resolves at the next write, rotation or close, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void>;
}

/** What is read, and how. */
interface Reading<T> {
  path: string;
  format: LogFormat;
  options: ReadOptions;
  /** Of a log that may still grow. */
  progress: Progress | undefined;
  use: Use<T>;
  /** What other followers have had lately; `use` must do the same for all of them. */
  recent?: Recent<T> | undefined;
}

/** Entries of a log on disk, in batches; a follow goes on until the log is closed. */
export async function* readLog(
  path: string,
  format: LogFormat,
  options: ReadOptions,
  progress: Progress | undefined,
): AsyncIterable<LogEntry[]> {
  const use = (records: Uint8Array) => select(decodeAll(records, format), options);
  for await (const { kept, late } of readBlocks({ path, format, options, progress, use })) {
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
  recent?: Recent<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const use = (records: Uint8Array) => format.frames!(records, wanted);
  for await (const frames of readBlocks({ path, format, options, progress, use, recent }))
    if (frames.length > 0) yield frames;
}

/** What becomes of whole records, in order. Between two blocks others have their turn: a log may be long. */
async function* readBlocks<T>(reading: Reading<T>): AsyncIterable<T> {
  const { path, format, options, progress, use } = reading;
  const generation = progress?.generation ?? 0;
  const files = filesOf(path);
  const start = options.tail < 0 ? { file: 0, offset: 0 } : tailPosition(files, options.tail, format);
  // All are opened before anything is awaited, so that a rotation meanwhile cannot take one away.
  const opened = files.slice(start.file).map((file) => new RecordFile(file, format));
  if (opened[0]) opened[0].offset = start.offset;
  const current = files.at(-1) === path ? opened.pop() : undefined;
  try {
    for (const file of opened) {
      yield* blocksOf(() => file.next(use));
    }
    if (current) yield* followFile(current, generation, reading);
  } finally {
    for (const file of opened) file.close();
    current?.close();
  }
}

async function* followFile<T>(
  first: RecordFile,
  firstGeneration: number,
  reading: Reading<T>,
): AsyncIterable<T> {
  const { path, options, progress } = reading;
  let file = first;
  let generation = firstGeneration;
  try {
    for (;;) {
      // Read before the file: what is written after this look makes changed() resolve or is read below.
      const rotated = progress !== undefined && progress.generation > generation;
      const closed = progress === undefined || progress.closed;
      const change = options.follow && !rotated && !closed ? progress.changed(options.signal) : undefined;
      yield* blocksOf(() => nextOf(file, generation, reading));
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

/** The next block of a file; where another follower has just had it, what became of it then. */
function nextOf<T>(file: RecordFile, generation: number, { use, recent }: Reading<T>): T | undefined {
  const start = file.offset;
  const known = recent?.find(generation, start);
  if (known) {
    file.offset = known.end;
    return known.value;
  }
  const value = file.next(use);
  if (value !== undefined) recent?.add({ generation, start, end: file.offset, value });
  return value;
}

async function* blocksOf<T>(next: () => T | undefined): AsyncIterable<T> {
  for (let first = true; ; first = false) {
    const block = next();
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
