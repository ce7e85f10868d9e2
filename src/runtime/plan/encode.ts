/**
 * The binary form of a plan, as src/runtime/init/main.c reads it, little endian:
 *
 *   header       "PQP1", u32 count, u32 number of the operation that fails (for tests), u32 size of it all
 *   operations   u16 code, u8 numbers, u8 texts, u32 size of the operation; i64 each number;
 *                u32 offset in the file and u32 length of each text
 *   texts        each with a NUL behind it
 */
import { invalidArgument } from "../../errors/errors.ts";
import { OPS, type Plan, type Text } from "./ops.ts";

const HEADER_WORDS = 4;
const MAGIC = 0x31505150; // "PQP1"
const NEVER = 0xffffffff;
const TWO_32 = 2 ** 32;
const encoder = new TextEncoder();

/** How many words of 32 bits header and operations take. */
function wordsOf(plan: Plan): number {
  let count = HEADER_WORDS;
  for (const { op } of plan) count += 2 + 2 * (OPS[op].numbers.length + OPS[op].texts.length);
  return count;
}

/** The texts of a plan, which are encoded in one go. */
class Texts {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #strings: string[] = [];
  readonly #places: number[] = [];
  readonly #binaries: { at: number; bytes: Uint8Array }[] = [];
  #all = "";

  /** `base` is where the first of them goes. */
  constructor(words: Int32Array, base: number) {
    this.#words = words;
    this.#base = base;
  }

  /** Adds a text whose offset and length stand at these words. */
  add(at: number, text: Text): void {
    if (typeof text !== "string") {
      this.#binaries.push({ at, bytes: text });
      return;
    }
    this.#words[at] = this.#base + this.#all.length;
    this.#words[at + 1] = text.length;
    this.#strings.push(text);
    this.#places.push(at);
    this.#all += `${text}\0`;
  }

  /** The whole file. */
  join(): Uint8Array {
    const strings = encoder.encode(this.#all);
    if (strings.length !== this.#all.length) this.#measure();
    let size = this.#base + strings.length;
    for (const { at, bytes } of this.#binaries) {
      this.#words[at] = size;
      this.#words[at + 1] = bytes.length;
      size += bytes.length + 1;
    }
    this.#words[HEADER_WORDS - 1] = size;
    const file = new Uint8Array(size);
    file.set(new Uint8Array(this.#words.buffer));
    file.set(strings, this.#base);
    for (const { at, bytes } of this.#binaries) file.set(bytes, this.#words[at]!);
    return file;
  }

  /** Where characters take several bytes, texts are longer than they have characters. */
  #measure(): void {
    let offset = this.#base;
    this.#strings.forEach((text, i) => {
      const { length } = encoder.encode(text);
      this.#words[this.#places[i]!] = offset;
      this.#words[this.#places[i]! + 1] = length;
      offset += length + 1;
    });
  }
}

/** Encodes a plan. `failAt` makes init fail at that operation instead of executing it: for tests. */
export function encodePlan(plan: Plan, failAt = NEVER): Uint8Array {
  const words = new Int32Array(wordsOf(plan));
  const all = new Texts(words, 4 * words.length);
  words[0] = MAGIC;
  words[1] = plan.length;
  words[2] = failAt;
  let at = HEADER_WORDS;
  for (const op of plan) {
    const { code, numbers, texts } = OPS[op.op];
    const values = op as unknown as Record<string, number | bigint | Text>;
    words[at] = code | (numbers.length << 16) | (texts.length << 24);
    words[at + 1] = 4 * (2 + 2 * (numbers.length + texts.length));
    at += 2;
    for (const name of numbers) {
      const value = values[name] as number | bigint;
      const big = typeof value === "bigint";
      if (!big && !Number.isSafeInteger(value))
        throw invalidArgument(`${op.tag}: ${name}: want a whole number, not ${JSON.stringify(value)}`);
      words[at] = big ? Number(BigInt.asIntN(32, value)) : value;
      words[at + 1] = big ? Number(BigInt.asIntN(32, value >> 32n)) : Math.floor(value / TWO_32);
      at += 2;
    }
    for (const name of texts) {
      all.add(at, values[name] as Text);
      at += 2;
    }
  }
  return all.join();
}
