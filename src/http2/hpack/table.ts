/** The tables of header fields that both sides share (RFC 7541, sections 2.3 and 4, appendix A). */

/** Name and value. Names are in lower case; values hold a byte a character (latin1). */
export type Field = readonly [name: string, value: string];

const names = (...list: string[]): Field[] => list.map((name) => [name, ""]);

export const STATIC_TABLE: readonly Field[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  ...["200", "204", "206", "304", "400", "404", "500"].map((status): Field => [":status", status]),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...names("accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow"),
  ...names("authorization", "cache-control", "content-disposition", "content-encoding", "content-language"),
  ...names("content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag"),
  ...names("expect", "expires", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range"),
  ...names("if-unmodified-since", "last-modified", "link", "location", "max-forwards", "proxy-authenticate"),
  ...names("proxy-authorization", "range", "referer", "refresh", "retry-after", "server", "set-cookie"),
  ...names("strict-transport-security", "transfer-encoding", "user-agent", "vary", "via", "www-authenticate"),
];

export const DEFAULT_TABLE_SIZE = 4096;

/** What a field counts for, in tables and in limits of lists. */
export const sizeOf = ([name, value]: Field): number => name.length + value.length + 32;

/** Fields in the order in which they came; the oldest leave when the size is exceeded. */
export class DynamicTable {
  /** Told each field that leaves. */
  readonly #evicted: ((field: Field) => void) | undefined;
  /** Oldest first; those before #head have left. */
  #fields: Field[] = [];
  #head = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize = DEFAULT_TABLE_SIZE, evicted?: (field: Field) => void) {
    this.#maxSize = maxSize;
    this.#evicted = evicted;
  }

  get size(): number {
    return this.#size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  get length(): number {
    return this.#fields.length - this.#head;
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict(maxSize);
  }

  /** A field that is larger than the table empties it and is not kept: that is no error. Returns whether it is. */
  add(field: Field): boolean {
    const size = sizeOf(field);
    this.#evict(Math.max(0, this.#maxSize - size));
    if (size > this.#maxSize) return false;
    this.#fields.push(field);
    this.#size += size;
    return true;
  }

  /** The field at an index from 0, the newest first. */
  at(index: number): Field | undefined {
    return index < this.length ? this.#fields[this.#fields.length - 1 - index] : undefined;
  }

  #evict(limit: number): void {
    while (this.#size > limit) {
      const field = this.#fields[this.#head++]!;
      this.#size -= sizeOf(field);
      this.#evicted?.(field);
    }
    if (this.#head < 64 || this.#head * 2 < this.#fields.length) return;
    this.#fields = this.#fields.slice(this.#head);
    this.#head = 0;
  }
}
