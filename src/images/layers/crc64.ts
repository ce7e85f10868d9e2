/**
 * CRC-64 with the ISO 3309 polynomial, which tar-split records for each file's content. Kept in two 32-bit halves and
 * advanced 32 bits a step, without a table: the polynomial has four terms, all at one end, so that what a whole word
 * does is the sum of four shifts of it.
 */
export class Crc64 {
  #high = ~0;
  #low = ~0;

  update(bytes: Uint8Array): void {
    const words = bytes.length >>> 2;
    const aligned = (bytes.byteOffset & 3) === 0;
    if (aligned) this.#words(new Int32Array(bytes.buffer, bytes.byteOffset, words));
    else this.#unaligned(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), words);
    for (let i = words << 2; i < bytes.length; i++) this.#byte(bytes[i]!);
  }

  #words(words: Int32Array): void {
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < words.length; i++) {
      const word = low ^ words[i]!;
      low = high ^ (word << 31) ^ (word << 29) ^ (word << 28);
      high = word ^ (word >>> 1) ^ (word >>> 3) ^ (word >>> 4);
    }
    this.#high = high;
    this.#low = low;
  }

  #unaligned(view: DataView, words: number): void {
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < words; i++) {
      const word = low ^ view.getInt32(i << 2, true);
      low = high ^ (word << 31) ^ (word << 29) ^ (word << 28);
      high = word ^ (word >>> 1) ^ (word >>> 3) ^ (word >>> 4);
    }
    this.#high = high;
    this.#low = low;
  }

  #byte(byte: number): void {
    this.#low ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      const carry = this.#low & 1;
      this.#low = (this.#low >>> 1) | (this.#high << 31);
      this.#high >>>= 1;
      if (carry) this.#high ^= 0xd8000000;
    }
  }

  /** Eight bytes, most significant first. */
  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out;
  }
}
