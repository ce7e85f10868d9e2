import { faultPoint } from "../../../files/fault.ts";
import { collectSometimes } from "../../../memory/collect.ts";
import type {
  FramesWanted,
  LogDriver,
  LogEntry,
  LogFiles,
  LogMessage,
  LogPosition,
  ReadOptions,
  StreamName,
} from "../types.ts";
import type { LogFormat } from "./format.ts";
import { type Progress, readFrames, readLog } from "./reader.ts";
import { Recent } from "./recent.ts";
import { Repeated } from "./repeated.ts";
import { RotatedFile, type RotationOptions } from "./rotated.ts";

type Kept = (left: number) => void;

/** Followers are woken this often at most, ms: what is written meanwhile goes out as one piece. */
const PACE_MS = 5;

/** A log in files in the container's folder. */
export class FileLog implements LogDriver, LogFiles, Progress {
  readonly name: string;
  readonly path: string;
  readonly #format: LogFormat;
  readonly #file: RotatedFile;
  readonly #attributes: string;
  readonly #waiting = new Set<() => void>();
  /** What followers have in common, by what they want. */
  readonly #recent = new Map<string, Recent<Uint8Array>>();
  #wokenAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #repeated: Repeated | undefined;
  readonly files: LogFiles = this;
  closed = false;
  readonly readFrames: LogDriver["readFrames"];

  constructor(
    name: string,
    format: LogFormat,
    path: string,
    rotation: RotationOptions,
    attributes: Record<string, string> = {},
  ) {
    this.name = name;
    this.path = path;
    this.#format = format;
    this.#file = new RotatedFile(path, rotation, format);
    this.#attributes = Object.keys(attributes).length === 0 ? "" : JSON.stringify(attributes);
    this.readFrames = format.frames && this.#readFrames;
  }

  get generation(): number {
    return this.#file.generation;
  }

  write(messages: readonly LogMessage[], kept?: Kept): void {
    if (this.closed || messages.length === 0) return;
    const missing = this.#repeated?.without(messages) ?? messages;
    const bytes = this.#format.encode(missing, this.#attributes);
    if (bytes.length > this.#file.room) this.#writeInParts(missing, kept);
    else {
      if (bytes.length > 0) this.#append(bytes);
      kept?.(0);
    }
  }

  /** So that each file ends after the record that fills it. */
  #writeInParts(messages: readonly LogMessage[], kept?: Kept): void {
    let left = messages.reduce((sum, { line }) => sum + line.length, 0);
    let part: Uint8Array[] = [];
    let size = 0;
    for (const [i, message] of messages.entries()) {
      const record = this.#format.encode([message], this.#attributes);
      part.push(record);
      size += record.length;
      left -= message.line.length;
      if (size < this.#file.room && i < messages.length - 1) continue;
      this.#append(Buffer.concat(part));
      kept?.(left);
      [part, size] = [[], 0];
    }
  }

  /** Not in a repetition, in which each line is looked at. */
  get writeLines(): LogDriver["writeLines"] {
    return this.#format.encodeLines && !this.#repeated ? this.#writeLines : undefined;
  }

  #writeLines = (lines: Uint8Array, stream: StreamName, time: string, kept?: Kept): void => {
    if (this.closed) return;
    const bytes = this.#format.encodeLines!(lines, stream, time, this.#attributes);
    if (bytes.length > this.#file.room) return this.#writeInParts(messagesOf(lines, stream, time), kept);
    this.#append(bytes);
    kept?.(0);
  };

  get position(): LogPosition {
    return this.#file.position;
  }

  repeat(since: LogPosition): void {
    this.#repeated = Repeated.since(since, this.path, this.#format, this.#attributes);
  }

  repeated(): void {
    this.#repeated = undefined;
  }

  #append(bytes: Uint8Array): void {
    const { generation } = this.#file;
    this.#file.write(bytes);
    collectSometimes(bytes.length);
    faultPoint("log.appended", this.path);
    // After a rotation there is no time: the next one may take the file away.
    if (this.#file.generation > generation) this.#wake();
    else this.#wakeSoon();
  }

  read = (options: ReadOptions): AsyncIterable<LogEntry[]> => readLog(this.path, this.#format, options, this);

  #readFrames = (options: ReadOptions, wanted: FramesWanted): AsyncIterable<Uint8Array> =>
    options.follow
      ? this.#followFrames(options, wanted)
      : readFrames(this.path, this.#format, options, this, wanted);

  async *#followFrames(options: ReadOptions, wanted: FramesWanted): AsyncIterable<Uint8Array> {
    const key = JSON.stringify(wanted);
    const recent = this.#recent.get(key) ?? new Recent<Uint8Array>();
    this.#recent.set(key, recent);
    recent.enter();
    try {
      yield* readFrames(this.path, this.#format, options, this, wanted, recent);
    } finally {
      recent.leave();
    }
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      if (signal.aborted || this.closed) return resolve();
      this.#waiting.add(finish);
      signal.addEventListener("abort", finish);
    });
  }

  #wakeSoon(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    const left = this.#wokenAt + PACE_MS - performance.now();
    if (left <= 0) this.#wake();
    else this.#timer = setTimeout(() => this.#wake(), left);
  }

  #wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wokenAt = performance.now();
    for (const finish of [...this.#waiting]) finish();
  }

  /** Resolves when older files that are to be packed are. */
  packed(): Promise<void> {
    return this.#file.packing;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#file.close();
    this.#wake();
  }
}

const NEWLINE = 10;

function messagesOf(lines: Uint8Array, stream: StreamName, time: string): LogMessage[] {
  const messages: LogMessage[] = [];
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(NEWLINE, start) + 1;
    messages.push({ line: lines.subarray(start, end), stream, time });
    start = end;
  }
  return messages;
}
