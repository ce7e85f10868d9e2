import { dataLoss } from "../../errors/errors.ts";

/** Bytes of a stream, taken in the portions that the reader wants. Views are valid until the next call. */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #fill(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      const next = await this.#source.next();
      if (next.done) return false;
      this.#chunk = next.value;
      this.#at = 0;
    }
    return true;
  }

  /** Between `least` and `most` bytes of those that are here already; undefined if they are fewer. */
  buffered(least: number, most: number): Uint8Array | undefined {
    if (this.#chunk.length - this.#at < least) return undefined;
    const end = Math.min(this.#chunk.length, this.#at + most);
    const part = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** Between 1 and `most` bytes; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    if (this.#at >= this.#chunk.length && !(await this.#fill())) return undefined;
    const end = Math.min(this.#chunk.length, this.#at + most);
    const part = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** Exactly `length` bytes; undefined if the stream ends right here. Errors: dataLoss if it ends within. */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    if (this.#chunk.length - this.#at >= length) {
      const part = this.#chunk.subarray(this.#at, this.#at + length);
      this.#at += length;
      return part;
    }
    const whole = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const part = await this.some(length - got);
      if (part === undefined) {
        if (got === 0) return undefined;
        throw dataLoss("unexpected EOF: the archive ends within an entry");
      }
      whole.set(part, got);
      got += part.length;
    }
    return whole;
  }

  /** Text up to a line feed, which is taken as well; undefined at the end. Errors: dataLoss beyond `most` bytes. */
  async line(most: number): Promise<string | undefined> {
    const parts: Uint8Array[] = [];
    for (let length = 0; length <= most; ) {
      if (this.#at >= this.#chunk.length && !(await this.#fill())) {
        if (length === 0) return undefined;
        throw dataLoss("unexpected EOF: the stream ends within a line");
      }
      const end = this.#chunk.indexOf(10, this.#at);
      const part = this.#chunk.subarray(this.#at, end < 0 ? undefined : end);
      this.#at += part.length + (end < 0 ? 0 : 1);
      length += part.length;
      parts.push(part);
      if (end >= 0) return Buffer.concat(parts).toString("utf8");
    }
    throw dataLoss(`a line of more than ${most} bytes`);
  }
}
