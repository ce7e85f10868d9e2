/**
 * D-Bus marshalling (D-Bus specification, "Marshaling"), little-endian, of the types that systemd's calls need:
 * y b n q i u x t d s o g, arrays, structs and variants.
 */

/** A value with its own signature, as variants carry it. */
export interface Variant {
  signature: string;
  value: Value;
}

export type Value = number | bigint | string | boolean | Variant | Value[];

/** Alignment of a type by its first character. */
function alignmentOf(code: string): number {
  if (code === "y" || code === "g" || code === "v") return 1;
  if (code === "n" || code === "q") return 2;
  return "txd({".includes(code) ? 8 : 4;
}

/** The complete types of a signature: "sa(sv)u" → ["s", "a(sv)", "u"]. */
export function splitSignature(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, start: number): number {
  if (signature[start] === "a") return endOfType(signature, start + 1);
  if (signature[start] !== "(" && signature[start] !== "{") return start + 1;
  for (let depth = 0, at = start; at < signature.length; at++) {
    if ("({".includes(signature[at]!)) depth++;
    if (")}".includes(signature[at]!) && --depth === 0) return at + 1;
  }
  throw new RangeError(`D-Bus signature ${JSON.stringify(signature)} does not close`);
}

/** Appends values in D-Bus's wire format, little end first. */
export class Writer {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  align(to: number): void {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
  }

  /** Writes the values of a signature, one for each complete type. */
  writeAll(signature: string, values: readonly Value[]): void {
    for (const [i, type] of splitSignature(signature).entries()) this.#write(type, values[i]!);
  }

  #uint(value: bigint, size: number): void {
    for (let i = 0; i < size; i++) this.#bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  }

  #text(text: string, lengthSize: number): void {
    const data = new TextEncoder().encode(text);
    this.#uint(BigInt(data.length), lengthSize);
    this.#bytes.push(...data, 0);
  }

  #write(type: string, value: Value): void {
    const code = type[0]!;
    this.align(alignmentOf(code));
    if (code === "a") this.#array(type.slice(1), value as Value[]);
    else if (code === "(") this.writeAll(type.slice(1, -1), value as Value[]);
    else if (code === "v") {
      const { signature, value: inner } = value as Variant;
      this.#text(signature, 1);
      this.#write(signature, inner);
    } else if (code === "s" || code === "o") this.#text(value as string, 4);
    else if (code === "g") this.#text(value as string, 1);
    else if (code === "y") this.#uint(BigInt(value as number), 1);
    else if (code === "d") this.#bytes.push(...new Uint8Array(Float64Array.of(value as number).buffer));
    else this.#uint(BigInt(value as number), alignmentOf(code));
  }

  #array(element: string, values: Value[]): void {
    const at = this.#bytes.length;
    this.#uint(0n, 4);
    this.align(alignmentOf(element[0]!));
    const start = this.#bytes.length;
    for (const value of values) this.#write(element, value);
    const size = this.#bytes.length - start;
    for (let i = 0; i < 4; i++) this.#bytes[at + i] = (size >> (8 * i)) & 0xff;
  }
}

/** Reads values in D-Bus's wire format, little end first. */
export class Reader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  align(to: number): void {
    this.#at = Math.ceil(this.#at / to) * to;
  }

  readAll(signature: string): Value[] {
    return splitSignature(signature).map((type) => this.#read(type));
  }

  #text(lengthSize: number): string {
    const length = lengthSize === 1 ? this.#view.getUint8(this.#at) : this.#view.getUint32(this.#at, true);
    this.#at += lengthSize;
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length + 1;
    return text;
  }

  #read(type: string): Value {
    const code = type[0]!;
    this.align(alignmentOf(code));
    if (code === "a") return this.#array(type.slice(1));
    if (code === "(" || code === "{") return this.readAll(type.slice(1, -1));
    if (code === "v") {
      const signature = this.#text(1);
      return { signature, value: this.#read(signature) };
    }
    if (code === "s" || code === "o") return this.#text(4);
    if (code === "g") return this.#text(1);
    const size = alignmentOf(code);
    const at = this.#at;
    this.#at += size;
    if (size === 1) return this.#view.getUint8(at);
    if (size === 8) return this.#view.getBigUint64(at, true);
    const number = this.#view.getUint32(at, true);
    return code === "b" ? number !== 0 : number;
  }

  #array(element: string): Value[] {
    const size = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    this.align(alignmentOf(element[0]!));
    const end = this.#at + size;
    const values: Value[] = [];
    while (this.#at < end) values.push(this.#read(element));
    return values;
  }
}
