/** From header blocks to lists of fields (RFC 7541, sections 3 and 6). */
import { compressionError } from "./error.ts";
import { decodeHuffman } from "./huffman.ts";
import { BlockReader } from "./integer.ts";
import { DEFAULT_TABLE_SIZE, DynamicTable, type Field, STATIC_TABLE, sizeOf } from "./table.ts";

export interface Decoded {
  fields: Field[];
  /** The list is larger than allowed: `fields` ends before its end, and must not be acted on. */
  tooLarge: boolean;
}

/** One side's decoder: every block of the connection must pass through it, in order. */
export class HpackDecoder {
  readonly #table: DynamicTable;
  /** What our settings allow the other side's table to be, in bytes. */
  readonly #allowed: number;
  readonly #maxListSize: number;

  /** `maxListSize` counts bytes as the table does: names, values, and 32 for each field. */
  constructor(maxListSize: number, tableSize = DEFAULT_TABLE_SIZE) {
    this.#table = new DynamicTable(tableSize);
    this.#allowed = tableSize;
    this.#maxListSize = maxListSize;
  }

  /** Bytes that the table holds now. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** Errors: ConnectionError. */
  decode(block: Uint8Array): Decoded {
    const reader = new BlockReader(block);
    const fields: Field[] = [];
    let size = 0;
    while (!reader.done) {
      const field = this.#next(reader, fields.length === 0 && size === 0);
      if (field === undefined) continue;
      size += sizeOf(field);
      if (size <= this.#maxListSize) fields.push(field);
    }
    return { fields, tooLarge: size > this.#maxListSize };
  }

  #next(reader: BlockReader, atStart: boolean): Field | undefined {
    const first = reader.peek();
    if (first >= 0x80) return this.#indexed(reader.integer(7));
    if (first >= 0x40) {
      const field = this.#literal(reader, 6);
      this.#table.add(field);
      return field;
    }
    // 0x10 (never indexed) asks those who pass fields on not to index them: nobody is behind us.
    if (first < 0x20) return this.#literal(reader, 4);
    if (!atStart) throw compressionError("a change of table size within a header block");
    this.#resize(reader.integer(5));
    return undefined;
  }

  #resize(size: number): void {
    if (size > this.#allowed)
      throw compressionError(`a table of ${size} bytes, which is more than ${this.#allowed}`);
    this.#table.resize(size);
  }

  #indexed(index: number): Field {
    const field = STATIC_TABLE[index - 1] ?? this.#table.at(index - 1 - STATIC_TABLE.length);
    if (index === 0 || field === undefined) throw compressionError(`no field at index ${index}`);
    return field;
  }

  #literal(reader: BlockReader, prefix: number): Field {
    const index = reader.integer(prefix);
    const name = index === 0 ? readString(reader) : this.#indexed(index)[0];
    return [name, readString(reader)];
  }
}

function readString(reader: BlockReader): string {
  const huffman = !reader.done && reader.peek() >= 0x80;
  const bytes = reader.take(reader.integer(7));
  return huffman ? decodeHuffman(bytes) : latin1(bytes);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
