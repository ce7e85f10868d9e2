/** Sums of many files, as they are hashed together: sorted, with commas between. Holds 36 bytes for each. */
const BYTES = 32;
const BUCKETS = 65536;

export class DigestList {
  #bytes: Buffer = Buffer.alloc(BYTES * 64);
  #count = 0;
  /** Those that are no digests. */
  readonly #others: string[] = [];

  add(text: string): void {
    if (!/^[0-9a-f]{64}$/.test(text)) {
      this.#others.push(text);
      return;
    }
    const at = this.#count++ * BYTES;
    if (at + BYTES > this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.write(text, at, "hex");
  }

  /** Hex of the sha256 of all, sorted as text and joined by commas. */
  sum(): string {
    const hash = new Bun.CryptoHasher("sha256");
    let piece: string[] = [];
    let first = true;
    const flush = (): void => {
      if (piece.length > 0) hash.update(`${first ? "" : ","}${piece.join(",")}`);
      if (piece.length > 0) first = false;
      piece = [];
    };
    for (const text of this.#merged()) if (piece.push(text) === 1024) flush();
    flush();
    return hash.digest("hex");
  }

  *#merged(): Generator<string> {
    const others = this.#others.sort();
    let next = 0;
    for (const index of this.#sorted()) {
      const digest = this.#bytes.toString("hex", index * BYTES, (index + 1) * BYTES);
      while (next < others.length && others[next]! < digest) yield others[next++]!;
      yield digest;
    }
    yield* others.slice(next);
  }

  /** Positions in order: by the first two bytes into buckets, and within a bucket, which has few, by comparing. */
  #sorted(): Uint32Array {
    const bucketOf = (index: number): number => this.#bytes.readUInt16BE(index * BYTES);
    const ends = new Uint32Array(BUCKETS + 1);
    for (let i = 0; i < this.#count; i++) ends[bucketOf(i) + 1]!++;
    for (let bucket = 0; bucket < BUCKETS; bucket++) ends[bucket + 1]! += ends[bucket]!;
    const order = new Uint32Array(this.#count);
    const place = ends.slice(0, BUCKETS);
    for (let i = 0; i < this.#count; i++) order[place[bucketOf(i)]!++] = i;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const part = order.subarray(ends[bucket], ends[bucket + 1]);
      if (part.length > 1) part.sort((a, b) => this.#compare(a, b));
    }
    return order;
  }

  #compare(a: number, b: number): number {
    return this.#bytes.compare(this.#bytes, b * BYTES, (b + 1) * BYTES, a * BYTES, (a + 1) * BYTES);
  }
}
