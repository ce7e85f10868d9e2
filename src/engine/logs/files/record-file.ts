import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LogFormat } from "./format.ts";

const BLOCK = 256 * 1024;

/** Makes of whole records, one after the other, what a reader wants; they are good until it returns. */
export type Use<T> = (records: Uint8Array) => T;

/** Shared by all readers: filled and used within one call. */
let scratch: Buffer | undefined;

/** Reads records of a growing file, or of a packed one; an unfinished last record is left for the next time. */
export class RecordFile {
  readonly format: LogFormat;
  /** Where the next record begins, in bytes. */
  offset = 0;
  readonly #fd: number;
  readonly #packed: boolean;
  /** Content of a packed file, once it is read. */
  #content: Uint8Array | undefined;

  constructor(path: string, format: LogFormat) {
    this.format = format;
    this.#packed = path.endsWith(".gz");
    this.#fd = openSync(path, "r");
  }

  /** The next whole records, a block full if one is not longer; undefined at the end of what is there now. */
  next<T>(use: Use<T>): T | undefined {
    for (let size = BLOCK; ; size *= 2) {
      const block = this.#read(size);
      const end = this.format.endOfLast(block);
      if (end > 0) {
        this.offset += end;
        return use(block.subarray(0, end));
      }
      if (block.length < size) return undefined;
    }
  }

  #read(size: number): Uint8Array {
    if (this.#packed) {
      this.#content ??= gunzipSync(readFileSync(this.#fd));
      return this.#content.subarray(this.offset, this.offset + size);
    }
    if (size === BLOCK) scratch ??= Buffer.allocUnsafeSlow(BLOCK);
    const into = size === BLOCK ? scratch! : Buffer.allocUnsafeSlow(size);
    return into.subarray(0, readSync(this.#fd, into, 0, size, this.offset));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
