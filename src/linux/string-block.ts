/** Strings for calls that take arrays of them, such as execve(2). */
import { cstring, ptr } from "./libc.ts";

/**
 * All strings of a call in one buffer, so that a single live reference keeps them from the collector:
 * passing `bytes` (which begin with the first string) to the call is that reference.
 */
export class StringBlock {
  readonly bytes: Uint8Array;
  readonly #offsets: number[] = [];

  constructor(strings: readonly string[]) {
    const encoded = strings.map(cstring);
    this.bytes = new Uint8Array(encoded.reduce((sum, text) => sum + text.length, 0));
    let offset = 0;
    for (const text of encoded) {
      this.#offsets.push(offset);
      this.bytes.set(text, offset);
      offset += text.length;
    }
  }

  /** A NULL-terminated array of pointers to strings `from` to `to` (exclusive). */
  pointers(from: number, to: number): BigUint64Array {
    const base = ptr(this.bytes);
    const array = new BigUint64Array(to - from + 1);
    for (let i = from; i < to; i++) array[i - from] = BigInt(base + this.#offsets[i]!);
    return array;
  }
}
