import type { ReadAt } from "../files/format.ts";

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/** Looks for the newline before the last `wanted` lines, block by block from the end. */
export function tailOfLines(read: ReadAt, size: number, wanted: number): { offset: number; found: number } {
  if (wanted === 0) return { offset: size, found: 0 };
  // The newline at the very end closes the last line; it is not one before it.
  let end = size > 0 ? size - 1 : 0;
  let found = 0;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK);
    const block = read(start, end - start);
    for (
      let at = block.lastIndexOf(NEWLINE);
      at >= 0;
      at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)
    ) {
      found++;
      if (found === wanted) return { offset: start + at + 1, found };
    }
    end = start;
  }
  return { offset: 0, found: size > 0 ? found + 1 : 0 };
}
