import type { FramesWanted, LogEntry, LogMessage, StreamName } from "../types.ts";

/** Reads bytes of a file; what it returns is good until the next call. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** How a log driver lays messages out in a file: records, one after the other. */
export interface LogFormat {
  /** `attributes` is the JSON of what is kept beside each line, "" for none. */
  encode(messages: readonly LogMessage[], attributes: string): Uint8Array;
  /**
   * The same for whole lines that lie one after the other, each with its newline, and all of one moment: a shorter way
   * for programs that print much. Good until the next call.
   */
  encodeLines?(lines: Uint8Array, stream: StreamName, time: string, attributes: string): Uint8Array;
  /** Where the record that begins at `at` ends; -1 if it is not whole yet. */
  endOf(data: Uint8Array, at: number): number;
  /** Where the last whole record of those that begin at 0 ends; 0 if none is whole yet. */
  endOfLast(data: Uint8Array): number;
  /** Whole records as a client gets them; a shorter way than decode(). */
  frames?(records: Uint8Array, wanted: FramesWanted): Uint8Array;
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
