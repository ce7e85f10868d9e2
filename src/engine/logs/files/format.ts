import type { LogEntry, LogMessage } from "../types.ts";

/** Reads bytes of a file; what it returns is good until the next call. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** How a log driver lays messages out in a file: records, one after the other. */
export interface LogFormat {
  /** `attributes` is the JSON of what is kept beside each line, "" for none. */
  encode(messages: readonly LogMessage[], attributes: string): Uint8Array;
  /** Where the record that begins at `at` ends; -1 if it is not whole yet. */
  endOf(data: Uint8Array, at: number): number;
  /** undefined for a record that a crash or a full disk has spoilt. */
  decode(record: Uint8Array): LogEntry | undefined;
  /** Where the last `wanted` records of a file begin, and how many there are at most. */
  tail(read: ReadAt, size: number, wanted: number): { offset: number; found: number };
  /**
   * A machine that died while writing leaves half a record: how many bytes of the file to keep, and what to append,
   * so that what follows can be read.
   */
  mend(read: ReadAt, size: number): { keep: number; append: string };
}
