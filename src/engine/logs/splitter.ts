import { now } from "../time.ts";
import type { LogDriver, LogMessage, StreamName } from "./types.ts";

/** Longer lines are kept in pieces of this many bytes, as stock's copier does. */
export const LONGEST_LINE = 16 * 1024;
const NEWLINE = 10;
const EMPTY = new Uint8Array(0);

/** Cuts one output stream into lines. The start of an unfinished line waits here for the rest. */
export class LineSplitter {
  readonly #stream: StreamName;
  #rest: Uint8Array = EMPTY;

  constructor(stream: StreamName) {
    this.#stream = stream;
  }

  /**
   * Writes the lines that this chunk completes, in the log's short way if it has one. `kept` is passed on to it. What it
   * returns is to be awaited.
   */
  writeTo(log: LogDriver, chunk: Uint8Array, kept?: (left: number) => void): void | Promise<void> {
    if (!log.writeLines) return log.write(this.push(chunk), kept);
    const data = this.#joined(chunk);
    const end = endOfWholeLines(data);
    if (end <= 0) return log.write(this.push(chunk), kept);
    this.#rest = end === data.length ? EMPTY : data.slice(end);
    log.writeLines(data.subarray(0, end), this.#stream, now(), kept);
  }

  #joined(chunk: Uint8Array): Uint8Array {
    return this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The lines that this chunk completes. They may refer to the chunk's memory. */
  push(chunk: Uint8Array): LogMessage[] {
    const data = this.#joined(chunk);
    const time = now();
    const messages: LogMessage[] = [];
    let start = 0;
    while (start < data.length) {
      const end = this.#endOfPiece(data, start);
      if (end < 0) break;
      messages.push({ line: data.subarray(start, end), stream: this.#stream, time });
      start = end;
    }
    this.#rest = start === data.length ? EMPTY : data.slice(start);
    return messages;
  }

  #endOfPiece(data: Uint8Array, start: number): number {
    const newline = data.indexOf(NEWLINE, start);
    if (newline >= 0 && newline - start < LONGEST_LINE) return newline + 1;
    return data.length - start >= LONGEST_LINE ? start + LONGEST_LINE : -1;
  }

  /** Bytes of the unfinished line. */
  get pending(): number {
    return this.#rest.length;
  }

  /** What is left when the stream has ended. */
  flush(): LogMessage[] {
    if (this.#rest.length === 0) return [];
    const message = { line: this.#rest, stream: this.#stream, time: now() };
    this.#rest = EMPTY;
    return [message];
  }
}

/** Where the last whole line ends; -1 if one of them, or the rest, is too long to be kept in one piece. */
function endOfWholeLines(data: Uint8Array): number {
  const end = data.lastIndexOf(NEWLINE) + 1;
  if (data.length - end >= LONGEST_LINE) return -1;
  for (let start = 0; end - start > LONGEST_LINE; ) {
    const newline = data.lastIndexOf(NEWLINE, start + LONGEST_LINE - 1);
    if (newline < start) return -1;
    start = newline + 1;
  }
  return end;
}
