import { now } from "../time.ts";
import type { LogMessage, StreamName } from "./types.ts";

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

  /** The lines that this chunk completes. They may refer to the chunk's memory. */
  push(chunk: Uint8Array): LogMessage[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
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

  /** What is left when the stream has ended. */
  flush(): LogMessage[] {
    if (this.#rest.length === 0) return [];
    const message = { line: this.#rest, stream: this.#stream, time: now() };
    this.#rest = EMPTY;
    return [message];
  }
}
