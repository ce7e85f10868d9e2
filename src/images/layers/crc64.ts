/**
 * CRC-64 with the ISO 3309 polynomial, which tar-split records for each file's content. Kept in two 32-bit halves and
 * advanced 16 bits a step: the polynomial is so sparse that a step's effect stays within the upper half.
 */
const TABLE = /* @__PURE__ */ makeTable();

function makeTable(): Uint32Array {
  const table = new Uint32Array(65536);
  for (let i = 0; i < 65536; i++) {
    let [high, low] = [0, i];
    for (let bit = 0; bit < 16; bit++) {
      const carry = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (carry) high ^= 0xd8000000;
    }
    table[i] = high >>> 0;
  }
  return table;
}

export class Crc64 {
  #high = ~0;
  #low = ~0;

  update(bytes: Uint8Array): void {
    let [high, low] = [this.#high, this.#low];
    const even = bytes.length & ~1;
    for (let i = 0; i < even; i += 2) {
      const index = (low ^ (bytes[i]! | (bytes[i + 1]! << 8))) & 0xffff;
      low = (low >>> 16) | (high << 16);
      high = (high >>> 16) ^ TABLE[index]!;
    }
    if (even < bytes.length) {
      // One byte is a step of 16 bits whose last 8 are taken back: done bit by bit, once a chunk at most.
      low ^= bytes[even]!;
      for (let bit = 0; bit < 8; bit++) {
        const carry = low & 1;
        low = (low >>> 1) | (high << 31);
        high >>>= 1;
        if (carry) high ^= 0xd8000000;
      }
    }
    this.#high = high;
    this.#low = low;
  }

  /** Eight bytes, most significant first. */
  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out;
  }
}
