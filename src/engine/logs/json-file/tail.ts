import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/** A place in one of a log's files. */
export interface Position {
  /** Index into the list of files. */
  file: number;
  /** Bytes from its start. */
  offset: number;
}

/** Where the last `lines` lines of these files begin (oldest file first). */
export function tailPosition(files: readonly string[], lines: number): Position {
  let wanted = lines;
  for (let file = files.length - 1; file >= 0; file--) {
    const path = files[file]!;
    const { offset, found } = path.endsWith(".gz") ? countPacked(path, wanted) : countPlain(path, wanted);
    if (found >= wanted) return { file, offset };
    wanted -= found;
  }
  return { file: 0, offset: 0 };
}

function countPacked(path: string, wanted: number): { offset: number; found: number } {
  const content = gunzipSync(readFileSync(path));
  return scanBack((offset, length) => content.subarray(offset, offset + length), content.length, wanted);
}

function countPlain(path: string, wanted: number): { offset: number; found: number } {
  const fd = openSync(path, "r");
  const buffer = Buffer.alloc(BLOCK);
  try {
    const read = (offset: number, length: number) =>
      buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
    return scanBack(read, statSync(path).size, wanted);
  } finally {
    closeSync(fd);
  }
}

/** Looks for the newline before the last `wanted` lines, block by block from the end. */
function scanBack(
  read: (offset: number, length: number) => Uint8Array,
  size: number,
  wanted: number,
): { offset: number; found: number } {
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
