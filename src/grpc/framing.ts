/** Messages on a stream of bytes: a byte that says whether it is compressed, four of length, the message. */
import { EngineError, notImplemented } from "../errors/errors.ts";

const PREFIX_SIZE = 5;
/** The longest message, in bytes, that is taken or sent. */
const MAX_MESSAGE = 64 << 20;

const tooLong = (length: number) =>
  new EngineError("exhausted", `a message of ${length} bytes is larger than the limit of ${MAX_MESSAGE}`);

/** What stands before a message of this length. Errors: exhausted. */
export function prefixOf(length: number): Uint8Array {
  if (length > MAX_MESSAGE) throw tooLong(length);
  const prefix = new Uint8Array(PREFIX_SIZE);
  new DataView(prefix.buffer).setUint32(1, length);
  return prefix;
}

/** Puts messages together from whatever pieces they arrive in. */
export class MessageReader {
  readonly #prefix = new Uint8Array(PREFIX_SIZE);
  #prefixSize = 0;
  /** Pieces of the message whose prefix has come. */
  #parts: Uint8Array[] = [];
  #missing = 0;

  /** Whether a message has begun and not ended. */
  get within(): boolean {
    return this.#prefixSize > 0;
  }

  /** Calls `each` for every message that the piece completes; it may be a view of it. Errors: exhausted, notImplemented. */
  push(piece: Uint8Array, each: (message: Uint8Array) => void): void {
    let at = 0;
    for (;;) {
      if (this.#prefixSize < PREFIX_SIZE) {
        at = this.#readPrefix(piece, at);
        if (this.#prefixSize < PREFIX_SIZE) return;
      }
      const part = piece.subarray(at, at + this.#missing);
      at += part.length;
      this.#missing -= part.length;
      if (this.#missing > 0) {
        if (part.length > 0) this.#parts.push(part);
        return;
      }
      each(this.#whole(part));
    }
  }

  #readPrefix(piece: Uint8Array, from: number): number {
    const part = piece.subarray(from, from + PREFIX_SIZE - this.#prefixSize);
    this.#prefix.set(part, this.#prefixSize);
    this.#prefixSize += part.length;
    if (this.#prefixSize === PREFIX_SIZE) this.#begin();
    return from + part.length;
  }

  #begin(): void {
    if (this.#prefix[0] !== 0)
      throw notImplemented("a compressed message, although no compression was offered");
    this.#missing = new DataView(this.#prefix.buffer).getUint32(1);
    if (this.#missing > MAX_MESSAGE) throw tooLong(this.#missing);
  }

  #whole(last: Uint8Array): Uint8Array {
    const parts = this.#parts;
    this.#prefixSize = 0;
    if (parts.length === 0) return last;
    this.#parts = [];
    parts.push(last);
    return Buffer.concat(parts);
  }
}
