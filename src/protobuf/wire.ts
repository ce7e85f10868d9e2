/** The protobuf wire format: varints, keys, length-delimited fields. */
import { invalidArgument } from "../errors/errors.ts";

/** Wire types: how a field's content is delimited. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

const INITIAL_SIZE = 64;
const LONGEST_VARINT = 10;
/** Bytes of a varint whose values a number holds exactly: 49 bits. */
const EXACT_VARINT = 7;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Appends to a buffer that grows as needed. */
export class WireWriter {
  #buffer = new Uint8Array(INITIAL_SIZE);
  #length = 0;

  key(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(LONGEST_VARINT);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** A whole number from 0 to 2^64 - 1. */
  varint64(value: bigint): void {
    if (value <= Number.MAX_SAFE_INTEGER) return this.varint(Number(value));
    this.#reserve(LONGEST_VARINT);
    let rest = value;
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  /** 8 bytes. */
  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Key, length and content of a length-delimited field. */
  bytes(number: number, content: Uint8Array): void {
    this.key(number, BYTES);
    this.varint(content.length);
    this.#reserve(content.length);
    this.#buffer.set(content, this.#length);
    this.#length += content.length;
  }

  /** As bytes(), in UTF-8. */
  text(number: number, content: string): void {
    this.bytes(number, encoder.encode(content));
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
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw tooLong();
  }

  varint64(): bigint {
    const start = this.#position;
    let last = this.#byte();
    while (last >= 0x80) last = this.#byte();
    const length = this.#position - start;
    if (length > LONGEST_VARINT) throw tooLong();
    this.#position = start;
    if (length <= EXACT_VARINT) return BigInt(this.varint());
    let value = 0n;
    for (let i = 0; i < length; i++) value |= BigInt(this.#byte() & 0x7f) << BigInt(7 * i);
    return BigInt.asUintN(64, value);
  }

  /** 8 bytes. */
  double(): number {
    const { buffer, byteOffset } = this.#take(8);
    return new DataView(buffer, byteOffset, 8).getFloat64(0, true);
  }

  /** The content of a length-delimited field: a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    return this.#take(length);
  }

  /** The content of a length-delimited field of UTF-8. */
  text(): string {
    return decoder.decode(this.bytes());
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === BYTES) this.bytes();
    else if (wireType === FIXED32) this.#take(4);
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

const tooLong = () => invalidArgument("malformed message: a varint is longer than 10 bytes");
