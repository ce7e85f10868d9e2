import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LogFormat, ReadAt } from "./format.ts";

/** A place in one of a log's files. */
export interface Position {
  /** Index into the list of files. */
  file: number;
  /** Bytes from its start. */
  offset: number;
}

/** Where the last `wanted` records of these files begin (oldest file first). */
export function tailPosition(files: readonly string[], wanted: number, format: LogFormat): Position {
  let missing = wanted;
  for (let file = files.length - 1; file >= 0; file--) {
    const { offset, found } = withFile(files[file]!, (read, size) => format.tail(read, size, missing));
    if (found >= missing) return { file, offset };
    missing -= found;
  }
  return { file: 0, offset: 0 };
}

function withFile<T>(path: string, use: (read: ReadAt, size: number) => T): T {
  if (path.endsWith(".gz")) {
    const content = gunzipSync(readFileSync(path));
    return use((offset, length) => content.subarray(offset, offset + length), content.length);
  }
  const fd = openSync(path, "r");
  let buffer = Buffer.alloc(0);
  try {
    const read = (offset: number, length: number) => {
      if (buffer.length < length) buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
    };
    return use(read, statSync(path).size);
  } finally {
    closeSync(fd);
  }
}
