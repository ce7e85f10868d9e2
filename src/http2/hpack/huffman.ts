/**
 * Decodes the Huffman code of RFC 7541, appendix B. The code is canonical: codes of one length are consecutive in the
 * order of their symbols, and follow those of the shorter lengths; so the lengths alone define it.
 */
import { compressionError } from "./error.ts";

const EOS = 256;
const LONGEST = 30;

// biome-ignore format: sixteen in a row, as symbols are counted.
const LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
   6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
   5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
  13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
   7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
  15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
   6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

interface Code {
  /** Symbols in the order of their codes. */
  symbols: Uint16Array;
  /** For each length, its first code, how many there are, and where in `symbols` they begin. */
  first: Uint32Array;
  count: Uint32Array;
  start: Uint32Array;
}

let made: Code | undefined;

function makeCode(): Code {
  const symbols = LENGTHS.map((_, symbol) => symbol).sort((a, b) => LENGTHS[a]! - LENGTHS[b]! || a - b);
  const first = new Uint32Array(LONGEST + 1);
  const count = new Uint32Array(LONGEST + 1);
  const start = new Uint32Array(LONGEST + 1);
  for (const length of LENGTHS) count[length]!++;
  for (let length = 1; length <= LONGEST; length++) {
    first[length] = (first[length - 1]! + count[length - 1]!) * 2;
    start[length] = start[length - 1]! + count[length - 1]!;
  }
  return { symbols: Uint16Array.from(symbols), first, count, start };
}

/** The text (latin1) of an encoded string. Errors: ConnectionError for a false end (section 5.2). */
export function decodeHuffman(bytes: Uint8Array): string {
  made ??= makeCode();
  const { symbols, first, count, start } = made;
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe(Math.floor((bytes.length * 8) / 5));
  let size = 0;
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      const offset = code - first[++length]!;
      if (offset >= count[length]!) {
        if (length === LONGEST) throw compressionError("a Huffman code is unknown");
        continue;
      }
      const symbol = symbols[start[length]! + offset]!;
      if (symbol === EOS) throw compressionError("a Huffman string contains the end symbol");
      text[size++] = symbol;
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== (1 << length) - 1)
    throw compressionError("a Huffman string ends with false padding");
  return text.toString("latin1", 0, size);
}
