import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { LogMessage, LogPosition, StreamName } from "../types.ts";
import type { LogFormat } from "./format.ts";

/** What one chunk of output makes is far less; so much behind a position was not written by a daemon that died then. */
const MOST = 64 * 1024 * 1024;

interface Kept {
  bytes: Uint8Array;
  time: string;
}

/**
 * The end of a log that a daemon wrote and did not live to note. The same messages come again, in the same order within
 * each stream, with other times.
 */
export class Repeated {
  readonly #expected = new Map<StreamName, Kept[]>();
  readonly #format: LogFormat;
  readonly #attributes: string;

  private constructor(format: LogFormat, attributes: string) {
    this.#format = format;
    this.#attributes = attributes;
  }

  /** In the current file; all of it, if it is another one than at that position, as after a rotation. */
  static since(position: LogPosition, path: string, format: LogFormat, attributes: string): Repeated {
    const repeated = new Repeated(format, attributes);
    const end = readSince(position, path);
    for (let at = 0, next = format.endOf(end, at); next >= 0; at = next, next = format.endOf(end, at))
      repeated.#expect(end.subarray(at, next));
    return repeated;
  }

  #expect(bytes: Uint8Array): void {
    const entry = this.#format.decode(bytes);
    if (!entry) return;
    const records = this.#expected.get(entry.stream) ?? [];
    this.#expected.set(entry.stream, records);
    records.push({ bytes, time: entry.time });
  }

  /** The messages that are not in the log yet. */
  without(messages: readonly LogMessage[]): readonly LogMessage[] {
    let found = 0;
    while (found < messages.length && this.#isNext(messages[found]!)) found++;
    return messages.slice(found);
  }

  #isNext(message: LogMessage): boolean {
    const expected = this.#expected.get(message.stream);
    const record = expected?.shift();
    if (!record) return false;
    const again = this.#format.encode([{ ...message, time: record.time }], this.#attributes);
    if (Buffer.compare(again, record.bytes) === 0) return true;
    // Somebody else's.
    expected!.length = 0;
    return false;
  }
}

function readSince({ inode, size }: LogPosition, path: string): Uint8Array {
  const fd = openSync(path, "r");
  try {
    const now = fstatSync(fd);
    const start = now.ino === inode ? size : 0;
    const length = now.size - start;
    if (length <= 0 || length > MOST) return new Uint8Array(0);
    const buffer = new Uint8Array(length);
    return buffer.subarray(0, readSync(fd, buffer, 0, length, start));
  } finally {
    closeSync(fd);
  }
}
