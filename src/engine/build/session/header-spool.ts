/** Headers of a folder's entries, in a file that has no name, so that they may be many. */
import { closeSync, readSync, writeSync } from "node:fs";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { encodeHeader } from "../../../archive/tar/writer.ts";
import { openSpool } from "../tree/spool.ts";

/** An entry, as it was put. */
export interface Spooled {
  /** Its number in the order of putting, from 0; what was left out counts, too. */
  id: number;
  /** Bytes of content that follow. */
  size: number;
  /** Of the archive. */
  header: Uint8Array;
}

/** What a record begins with: id, length of the header (4 bytes each), size (8). */
const FIXED = 16;
const BUFFER = 1 << 18;

export class HeaderSpool {
  readonly #fd: number;
  #end = 0;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  constructor(folder: string) {
    this.#fd = openSpool(folder);
  }

  put(id: number, header: TarHeader): void {
    const encoded = encodeHeader(header);
    const fixed = Buffer.alloc(FIXED);
    fixed.writeUInt32LE(id, 0);
    fixed.writeUInt32LE(encoded.length, 4);
    fixed.writeDoubleLE(header.type === "file" ? header.size : 0, 8);
    this.#pending.push(fixed, encoded);
    this.#pendingBytes += FIXED + encoded.length;
    if (this.#pendingBytes >= BUFFER) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    for (let at = 0; at < bytes.length; ) {
      const wrote = writeSync(this.#fd, bytes, at, bytes.length - at, this.#end);
      at += wrote;
      this.#end += wrote;
    }
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** All that was put, in order. Several may read. */
  *entries(): Generator<Spooled, undefined, undefined> {
    this.#flush();
    const reader = new RecordReader(this.#fd, this.#end);
    for (let fixed = reader.take(FIXED); fixed; fixed = reader.take(FIXED)) {
      const [id, length, size] = [fixed.readUInt32LE(0), fixed.readUInt32LE(4), fixed.readDoubleLE(8)];
      yield { id, size, header: Buffer.from(reader.take(length)!) };
    }
    return undefined;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

class RecordReader {
  readonly #fd: number;
  readonly #end: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** Of the buffer in the file, and of what comes next in the buffer. */
  #base = 0;
  #at = 0;

  constructor(fd: number, end: number) {
    this.#fd = fd;
    this.#end = end;
  }

  /** Valid until the next call; undefined at the end. */
  take(length: number): Buffer | undefined {
    if (this.#at + length > this.#buffer.length) {
      this.#base += this.#at;
      this.#at = 0;
      this.#buffer = Buffer.alloc(Math.min(Math.max(BUFFER, length), this.#end - this.#base));
      for (let got = 0; got < this.#buffer.length; )
        got += readSync(this.#fd, this.#buffer, got, this.#buffer.length - got, this.#base + got);
      if (this.#buffer.length === 0) return undefined;
    }
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }
}
