/** From lines of JSON to what a client gets, byte by byte: no text, no object for a line that has no escapes in it. */
import { HEADER, writeFrameHeader } from "../../containers/io/frames.ts";
import type { FramesWanted, LogEntry, StreamName } from "../types.ts";

const NEWLINE = 10;
const BACKSLASH = 92;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** How records begin, as every engine writes them. */
const BEGIN = Buffer.from('{"log":"');
/** What follows a line's text; the stream's name is six letters, of which the fourth tells which it is. */
const MIDDLE = Buffer.from('\\n","stream":"std');
const STREAMS: Record<number, StreamName> = { ["o".charCodeAt(0)]: "stdout", ["e".charCodeAt(0)]: "stderr" };

/** `decode` is for lines that are not so simple. */
export function framesOfLines(
  records: Uint8Array,
  wanted: FramesWanted,
  decode: (text: string) => LogEntry | undefined,
): Uint8Array {
  const source = Buffer.from(records.buffer, records.byteOffset, records.length);
  // A record is longer than what becomes of it.
  const out = Buffer.allocUnsafe(source.length);
  let [at, to] = [0, 0];
  while (at < source.length) {
    const next = source.indexOf(NEWLINE, at) + 1;
    const escapeAt = source.indexOf(BACKSLASH, at + BEGIN.length);
    const stream =
      matches(source, at, BEGIN) && matches(source, escapeAt, MIDDLE) && streamAt(source, escapeAt);
    if (stream && escapeAt < next)
      to = copyLine(source, at + BEGIN.length, escapeAt, stream, wanted, out, to);
    else to = writeEntry(decode(decoder.decode(source.subarray(at, next))), wanted, out, to);
    at = next;
  }
  return out.subarray(0, to);
}

const streamAt = (source: Buffer, escapeAt: number) => STREAMS[source[escapeAt + MIDDLE.length] ?? 0];

function matches(source: Buffer, at: number, what: Buffer): boolean {
  if (at < 0) return false;
  for (let i = 0; i < what.length; i++) if (source[at + i] !== what[i]) return false;
  return true;
}

function copyLine(
  source: Buffer,
  start: number,
  end: number,
  stream: StreamName,
  wanted: FramesWanted,
  out: Buffer,
  to: number,
): number {
  if (!wanted[stream]) return to;
  let at = to;
  if (wanted.framed) {
    writeFrameHeader(out, at, stream, end - start + 1);
    at += HEADER;
  }
  at += source.copy(out, at, start, end);
  out[at] = NEWLINE;
  return at + 1;
}

function writeEntry(entry: LogEntry | undefined, wanted: FramesWanted, out: Buffer, to: number): number {
  if (!entry || !wanted[entry.stream]) return to;
  const line = Buffer.from(entry.line);
  if (wanted.framed) writeFrameHeader(out, to, entry.stream, line.length);
  const at = wanted.framed ? to + HEADER : to;
  return at + line.copy(out, at);
}
