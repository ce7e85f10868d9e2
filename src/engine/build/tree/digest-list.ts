/**
 * Sums of many files, as they are hashed together: sorted, with commas between. What there are more of than fit is
 * sorted in parts, which wait in a file that has no name.
 */
import { closeSync, readSync, writeSync } from "node:fs";
import { turn } from "../../../archive/turn.ts";
import { openSpool } from "./spool.ts";

const BYTES = 32;
/** Bytes of a part that are read at a time. */
const WINDOW = 4096 * BYTES;

export interface DigestListOptions {
  /** Where the file lies. */
  folder: string;
  /** Digests that stay in memory. */
  most?: number;
}

export class DigestList {
  readonly #folder: string;
  readonly #most: number;
  #bytes: Buffer = Buffer.alloc(BYTES * 64);
  #count = 0;
  /** Those that are no digests: of folders that the archive does not name itself. */
  readonly #others: string[] = [];
  #fd: number | undefined;
  /** Where each sorted part ends in the file. */
  readonly #ends: number[] = [];

  constructor({ folder, most = 1 << 15 }: DigestListOptions) {
    this.#folder = folder;
    this.#most = most;
  }

  add(text: string): void {
    if (!/^[0-9a-f]{64}$/.test(text)) {
      this.#others.push(text);
      return;
    }
    if (this.#count === this.#most) this.#setAside();
    const at = this.#count++ * BYTES;
    if (at + BYTES > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.write(text, at, "hex");
  }

  #setAside(): void {
    this.#fd ??= openSpool(this.#folder);
    const sorted = Buffer.concat([...this.#sorted()]);
    const start = this.#ends.at(-1) ?? 0;
    for (let at = 0; at < sorted.length; )
      at += writeSync(this.#fd, sorted, at, sorted.length - at, start + at);
    this.#ends.push(start + sorted.length);
    this.#count = 0;
  }

  /** Hex of the sha256 of all, sorted as text and joined by commas. To be asked for once. */
  async sum(): Promise<string> {
    const hash = new Bun.CryptoHasher("sha256");
    let piece: string[] = [];
    let first = true;
    const flush = (): void => {
      if (piece.length > 0) hash.update(`${first ? "" : ","}${piece.join(",")}`);
      if (piece.length > 0) first = false;
      piece = [];
    };
    try {
      for (const text of this.#merged()) {
        if (piece.push(text) < 1024) continue;
        flush();
        await turn();
      }
    } finally {
      if (this.#fd !== undefined) closeSync(this.#fd);
    }
    flush();
    return hash.digest("hex");
  }

  *#merged(): Generator<string> {
    const others = this.#others.sort();
    let next = 0;
    for (const bytes of this.#digests()) {
      const digest = bytes.toString("hex");
      while (next < others.length && others[next]! < digest) yield others[next++]!;
      yield digest;
    }
    yield* others.slice(next);
  }

  /** All, in order: the least of what the parts begin with, again and again. */
  *#digests(): Generator<Buffer> {
    const parts = this.#ends.map((end, i) => this.#part(this.#ends[i - 1] ?? 0, end));
    const heads = [...parts, this.#sorted()].map((part) => ({ part, head: part.next().value }));
    for (;;) {
      let least: (typeof heads)[number] | undefined;
      for (const one of heads)
        if (one.head && (!least?.head || one.head.compare(least.head) < 0)) least = one;
      if (!least?.head) return;
      yield least.head;
      least.head = least.part.next().value;
    }
  }

  *#part(start: number, end: number): Generator<Buffer, undefined> {
    for (let at = start; at < end; at += WINDOW) {
      const window = Buffer.alloc(Math.min(WINDOW, end - at));
      for (let got = 0; got < window.length; )
        got += readSync(this.#fd!, window, got, window.length - got, at + got);
      for (let i = 0; i < window.length; i += BYTES) yield window.subarray(i, i + BYTES);
    }
    return undefined;
  }

  /** Those in memory. */
  *#sorted(): Generator<Buffer, undefined> {
    const order = new Uint32Array(this.#count).map((_, i) => i);
    const at = (index: number) => this.#bytes.readUInt32BE(index * BYTES);
    order.sort((a, b) => at(a) - at(b) || this.#compare(a, b));
    for (const index of order) yield this.#bytes.subarray(index * BYTES, (index + 1) * BYTES);
    return undefined;
  }

  #compare(a: number, b: number): number {
    return this.#bytes.compare(this.#bytes, b * BYTES, (b + 1) * BYTES, a * BYTES, (a + 1) * BYTES);
  }
}
