import type { LogEntry } from "../../logs/types.ts";
import { HEADER, writeFrameHeader } from "./frames.ts";

export interface ChunkOptions {
  /** With the header of multiplexed streams in front of each entry. */
  framed: boolean;
  /** What goes in front of a line; undefined for nothing. */
  prefix: ((entry: LogEntry) => string) | undefined;
}

/** Entries of a log as a client gets them, written into one buffer: a log has too many lines for one of each. */
export function chunkOf(entries: readonly LogEntry[], { framed, prefix }: ChunkOptions): Buffer {
  const header = framed ? HEADER : 0;
  const prefixes = prefix ? entries.map(prefix) : undefined;
  const sizes = entries.map(({ line }, i) => byteLength(prefixes?.[i] ?? "") + byteLength(line));
  const chunk = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + header + size, 0));
  let at = 0;
  for (const [i, { line, stream }] of entries.entries()) {
    if (framed) writeFrameHeader(chunk, at, stream, sizes[i]!);
    at += header;
    if (prefixes) at += chunk.write(prefixes[i]!, at);
    if (typeof line === "string") at += chunk.write(line, at);
    else {
      chunk.set(line, at);
      at += line.length;
    }
  }
  return chunk;
}

const byteLength = (text: string | Uint8Array) =>
  typeof text === "string" ? (text === "" ? 0 : Buffer.byteLength(text)) : text.length;
