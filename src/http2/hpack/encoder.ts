/**
 * From lists of fields to header blocks (RFC 7541). Strings are sent plain: the connections are local, and what is sent
 * again and again is in the table after its first time.
 */
import { writeInteger } from "./integer.ts";
import { DEFAULT_TABLE_SIZE, DynamicTable, type Field, STATIC_TABLE } from "./table.ts";

const keyOf = ([name, value]: Field): string => `${name}\0${value}`;

/** Names whose values differ from call to call: putting them into the table would only push others out. */
const CHANGING: ReadonlySet<string> = new Set(["grpc-timeout", "grpc-message", "content-length"]);

let staticFields: Map<string, number> | undefined;
let staticNames: Map<string, number> | undefined;

function staticIndexes(): { fields: Map<string, number>; names: Map<string, number> } {
  if (!staticFields || !staticNames) {
    staticFields = new Map(STATIC_TABLE.map((field, at) => [keyOf(field), at + 1]));
    // The first of several fields with one name.
    staticNames = new Map(STATIC_TABLE.map(([name], at): [string, number] => [name, at + 1]).reverse());
  }
  return { fields: staticFields, names: staticNames };
}

/** One side's encoder: its blocks must be sent in the order in which they were made. */
export class HpackEncoder {
  readonly #static = staticIndexes();
  /** Fields in the table by their number, counted from the first that ever was added. */
  readonly #numbers = new Map<string, number>();
  readonly #table: DynamicTable;
  #added = 0;
  /** The smallest and the last size set since the last block, which tells the other side of them (section 4.2). */
  #resized: { smallest: number; last: number } | undefined;

  constructor(tableSize = DEFAULT_TABLE_SIZE) {
    this.#table = new DynamicTable(tableSize, (field) => this.#forget(field));
  }

  /** The other side allows a table of this many bytes; more than the default is not used. */
  allowTable(allowed: number): void {
    const size = Math.min(allowed, DEFAULT_TABLE_SIZE);
    if (size === this.#table.maxSize && this.#resized === undefined) return;
    this.#resized = { smallest: Math.min(size, this.#resized?.smallest ?? size), last: size };
    this.#table.resize(size);
  }

  encode(fields: readonly Field[]): Uint8Array {
    const out: number[] = [];
    this.#tellSize(out);
    for (const field of fields) this.#encodeField(out, field);
    return Uint8Array.from(out);
  }

  #tellSize(out: number[]): void {
    if (this.#resized === undefined) return;
    const { smallest, last } = this.#resized;
    if (smallest < last) writeInteger(out, 0x20, 5, smallest);
    writeInteger(out, 0x20, 5, last);
    this.#resized = undefined;
  }

  #encodeField(out: number[], field: Field): void {
    const key = keyOf(field);
    const known = this.#static.fields.get(key) ?? this.#dynamicIndex(key);
    if (known !== undefined) {
      writeInteger(out, 0x80, 7, known);
      return;
    }
    const [name, value] = field;
    const keep = !CHANGING.has(name);
    const nameIndex = this.#static.names.get(name) ?? 0;
    if (keep) writeInteger(out, 0x40, 6, nameIndex);
    else writeInteger(out, 0x00, 4, nameIndex);
    if (nameIndex === 0) writeString(out, name);
    writeString(out, value);
    if (keep && this.#table.add(field)) this.#numbers.set(key, this.#added++);
  }

  #dynamicIndex(key: string): number | undefined {
    const number = this.#numbers.get(key);
    return number === undefined ? undefined : STATIC_TABLE.length + this.#added - number;
  }

  #forget(field: Field): void {
    this.#numbers.delete(keyOf(field));
  }
}

function writeString(out: number[], text: string): void {
  writeInteger(out, 0x00, 7, text.length);
  for (let at = 0; at < text.length; at++) out.push(text.charCodeAt(at) & 0xff);
}
