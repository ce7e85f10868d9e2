/** Whole numbers with a prefix of N bits (RFC 7541, section 5.1). */
import { compressionError } from "./error.ts";

/** Five bytes of seven bits hold any length or index that could be meant; more is an attack or a fault. */
const MAX_SHIFT = 28;

/** Reads a block of header fields from front to back. Errors: ConnectionError where it ends too early. */
export class BlockReader {
  readonly bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.position >= this.bytes.length;
  }

  /** The next byte without taking it. */
  peek(): number {
    return this.bytes[this.position]!;
  }

  integer(prefix: number): number {
    const limit = (1 << prefix) - 1;
    let value = this.#byte() & limit;
    if (value < limit) return value;
    for (let shift = 0; shift <= MAX_SHIFT; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw compressionError("an integer is longer than 5 bytes");
  }

  /** A view of the next bytes, not a copy. */
  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw compressionError("a header block ends within a string");
    const part = this.bytes.subarray(this.position, end);
    this.position = end;
    return part;
  }

  #byte(): number {
    const byte = this.bytes[this.position++];
    if (byte === undefined) throw compressionError("a header block ends within an integer");
    return byte;
  }
}

/** Appends the encoding of `value`; `pattern` are the bits above the prefix. */
export function writeInteger(out: number[], pattern: number, prefix: number, value: number): void {
  const limit = (1 << prefix) - 1;
  if (value < limit) {
    out.push(pattern | value);
    return;
  }
  out.push(pattern | limit);
  let rest = value - limit;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  out.push(rest);
}
