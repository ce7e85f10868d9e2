/** Where zstd frames end (RFC 8878, section 3): the library that unpacks them does not tell of one that is cut short. */

const MAGIC = 0xfd2fb528;
const MAGIC_LENGTH = 4;
/** Any of sixteen: content of some other kind, which is skipped. */
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;
const BLOCK_HEADER = 3;
const RLE = 1;
const CHECKSUM = 4;
/** Bytes of a frame's content size and dictionary id, by their flags. */
const CONTENT_SIZES = [0, 2, 4, 8];
const DICTIONARY_IDS = [0, 1, 2, 4];

type Part = "magic" | "skippable" | "frame" | "block";

/** Follows a stream of frames, given piece by piece, without unpacking it. */
export class ZstdFrames {
  /** Bytes of content to pass over. */
  #skip = 0;
  /** The header that is coming in. */
  readonly #header = Buffer.alloc(8);
  #got = 0;
  #wanted = MAGIC_LENGTH;
  #at: Part = "magic";
  #checksum = 0;

  /** True where a stream may end: after whole frames. What is no frame at all is for the library to find. */
  get complete(): boolean {
    return this.#at === "magic" && this.#got === 0 && this.#skip === 0;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.length - at);
        this.#skip -= passed;
        at += passed;
        continue;
      }
      this.#header[this.#got++] = bytes[at++]!;
      if (this.#got === this.#wanted) this.#next();
    }
  }

  #expect(at: Part, wanted: number): void {
    this.#at = at;
    this.#wanted = wanted;
    this.#got = 0;
  }

  #next(): void {
    const header = this.#header;
    if (this.#at === "magic") {
      const magic = header.readUInt32LE();
      if (magic === MAGIC) this.#expect("frame", 1);
      else this.#expect(isSkippable(magic) ? "skippable" : "magic", 4);
    } else if (this.#at === "skippable") {
      this.#skip = header.readUInt32LE();
      this.#expect("magic", MAGIC_LENGTH);
    } else if (this.#at === "frame") this.#frame(header[0]!);
    else this.#block(header.readUIntLE(0, BLOCK_HEADER));
  }

  #frame(descriptor: number): void {
    const single = (descriptor & 0x20) !== 0;
    const size = descriptor >> 6;
    const contentSize = size === 0 && single ? 1 : CONTENT_SIZES[size]!;
    this.#checksum = descriptor & 4 ? CHECKSUM : 0;
    this.#skip = (single ? 0 : 1) + DICTIONARY_IDS[descriptor & 3]! + contentSize;
    this.#expect("block", BLOCK_HEADER);
  }

  #block(header: number): void {
    const last = (header & 1) !== 0;
    this.#skip = ((header >> 1) & 3) === RLE ? 1 : header >> 3;
    if (last) this.#skip += this.#checksum;
    this.#expect(last ? "magic" : "block", last ? MAGIC_LENGTH : BLOCK_HEADER);
  }
}
