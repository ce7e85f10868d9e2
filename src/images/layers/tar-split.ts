/**
 * tar-split: what a layer's tar holds besides the content of its files, so that the tar can be put together again bit
 * by bit from the unpacked layer. Stored as moby does: gzip'd lines of JSON, "type" 2 for raw bytes, 1 for a file.
 */
import { once } from "node:events";
import { closeSync, createReadStream, createWriteStream, readSync } from "node:fs";
import { finished } from "node:stream/promises";
import { createGunzip, createGzip, type Gzip } from "node:zlib";
import type { TarHeader } from "../../archive/tar/header.ts";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { turn } from "../../archive/turn.ts";
import { dataLoss } from "../../errors/errors.ts";
import { collectSometimes } from "../../memory/collect.ts";
import { Crc64 } from "./crc64.ts";

interface Entry {
  type: 1 | 2;
  name?: string;
  size?: number;
  /** Base64: the raw bytes, or the CRC-64 of the file's content. */
  payload: string | null;
  position: number;
}

/** Bytes that a record holds at most between two files: what follows the end of an archive may be of any length. */
const LONGEST_SEGMENT = 1 << 20;

/** Read and summed at a time: less than a millisecond. */
const CHUNK = 256 << 10;

/** Characters that are packed at a time. */
const WRITE_AT = 64 << 10;

/** Writes the record while the tar is being read. */
export class TarSplitWriter implements TarObserver {
  readonly #gzip: Gzip;
  readonly #done: Promise<void>;
  #position = 0;
  #segment: Uint8Array[] = [];
  #segmentSize = 0;
  #file: { header: TarHeader; crc: Crc64; left: number } | undefined;
  #pending: string[] = [];
  #pendingSize = 0;

  constructor(path: string) {
    this.#gzip = createGzip({ level: 1 });
    const out = createWriteStream(path, { mode: 0o600 });
    this.#done = finished(this.#gzip.pipe(out));
    this.#done.catch(() => {});
  }

  segment(bytes: Uint8Array): void {
    // A copy, because the reader's buffer is used again.
    this.#segment.push(new Uint8Array(bytes));
    this.#segmentSize += bytes.length;
    if (this.#segmentSize >= LONGEST_SEGMENT) this.#flushSegment();
  }

  entry(header: TarHeader): void {
    this.#flushSegment();
    if (header.size > 0) this.#file = { header, crc: new Crc64(), left: header.size };
    else this.#write({ type: 1, name: header.name, payload: null, position: this.#position++ });
  }

  content(bytes: Uint8Array): void {
    const file = this.#file!;
    file.crc.update(bytes);
    file.left -= bytes.length;
    if (file.left > 0) return;
    const payload = file.crc.digest().toString("base64");
    this.#write({
      type: 1,
      name: file.header.name,
      size: file.header.size,
      payload,
      position: this.#position++,
    });
    this.#file = undefined;
  }

  #flushSegment(): void {
    if (this.#segment.length === 0) return;
    const payload = Buffer.concat(this.#segment).toString("base64");
    this.#segment = [];
    this.#segmentSize = 0;
    this.#write({ type: 2, payload, position: this.#position++ });
  }

  #write(entry: Entry): void {
    const line = JSON.stringify(entry);
    this.#pending.push(line);
    this.#pendingSize += line.length;
    if (this.#pendingSize >= WRITE_AT) this.#flush();
  }

  #flush(): void {
    this.#gzip.write(`${this.#pending.join("\n")}\n`);
    this.#pending = [];
    this.#pendingSize = 0;
  }

  /** To be awaited when records come faster than they are written. Errors: those of the file. */
  get behind(): Promise<unknown> | undefined {
    return this.#gzip.writableNeedDrain ? Promise.race([once(this.#gzip, "drain"), this.#done]) : undefined;
  }

  /** Resolves when the record is on disk. */
  async finish(): Promise<void> {
    this.#flushSegment();
    if (this.#pending.length > 0) this.#flush();
    this.#gzip.end();
    await this.#done;
  }

  abandon(): void {
    this.#gzip.destroy();
  }
}

/** The tar again: `open` gives a descriptor of a file of the layer. Errors: dataLoss when a file is not what it was. */
export async function* assembleTar(path: string, open: (name: string) => number): AsyncGenerator<Uint8Array> {
  for await (const entry of entriesOf(path)) {
    const waiting = turn();
    if (waiting) await waiting;
    if (entry.type === 2) yield Buffer.from(entry.payload ?? "", "base64");
    else if (entry.size) yield* contentOf(entry, open);
  }
}

/** Bytes of the tar that assembleTar gives. */
export async function tarSizeOf(path: string): Promise<number> {
  let size = 0;
  for await (const entry of entriesOf(path)) {
    size += entry.type === 2 ? Buffer.byteLength(entry.payload ?? "", "base64") : (entry.size ?? 0);
  }
  return size;
}

async function* entriesOf(path: string): AsyncGenerator<Entry> {
  let rest = "";
  const decoder = new TextDecoder();
  const packed = createReadStream(path);
  const plain = createGunzip();
  // pipe() alone would leave an error of the file to nobody.
  packed.on("error", (error) => plain.destroy(error));
  for await (const chunk of packed.pipe(plain)) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as Entry;
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as Entry;
}

async function* contentOf(entry: Entry, open: (name: string) => number): AsyncGenerator<Uint8Array> {
  const name = entry.name ?? "";
  const fd = open(name);
  const crc = new Crc64();
  try {
    for (let left = entry.size!; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(left, CHUNK));
      const got = readSync(fd, chunk);
      if (got === 0)
        throw dataLoss(`file ${name} of the layer is shorter than it was: the layer has been tampered with`);
      const part = chunk.subarray(0, got);
      crc.update(part);
      left -= got;
      yield part;
      collectSometimes(got);
      const waiting = turn();
      if (waiting) await waiting;
    }
  } finally {
    closeSync(fd);
  }
  if (crc.digest().toString("base64") !== entry.payload) {
    throw dataLoss(`file integrity checksum failed for "${name}": the layer has been tampered with`);
  }
}
