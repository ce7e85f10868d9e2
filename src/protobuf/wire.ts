/** The protobuf wire format: varints, keys, length-delimited fields. */
import { invalidArgument } from "../errors/errors.ts";

const INITIAL_SIZE = 64;

/** Appends to a buffer that grows as needed. */
export class WireWriter {
  #buffer = new Uint8Array(INITIAL_SIZE);
  #length = 0;

  key(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  /** Key, length and content of a length-delimited field. */
  bytes(number: number, content: Uint8Array): void {
    this.key(number, 2);
    this.varint(content.length);
    this.#reserve(content.length);
    this.#buffer.set(content, this.#length);
    this.#length += content.length;
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }
}

/** Reads a message front to back; throws invalidArgument when it is cut short or malformed. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position >= this.#bytes.length;
  }

  /** The low 53 bits count; larger values lose precision, as JavaScript numbers do. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw invalidArgument("malformed message: a varint is longer than 10 bytes");
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw invalidArgument("malformed message: a varint is longer than 10 bytes");
  }

  /** The content of a length-delimited field: a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    return this.#take(length);
  }

  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#take(8);
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#take(4);
    else throw invalidArgument(`malformed message: wire type ${wireType}`);
  }

  #take(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw invalidArgument("malformed message: it ends within a field");
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }

  #byte(): number {
    const byte = this.#bytes[this.#position++];
    if (byte === undefined) throw invalidArgument("malformed message: it ends within a field");
    return byte;
  }
}
