/**
 * Records of the driver "local", as moby writes them: the length of a protobuf message as 4 bytes, big end first; the
 * message; the length once more, so that it can be read backwards.
 */
import { bytes, flag, int64, text } from "../../../protobuf/kinds.ts";
import { message } from "../../../protobuf/message.ts";
import { formatNanos, parseNanos } from "../../time.ts";
import type { LogFormat, ReadAt } from "../files/format.ts";
import type { LogEntry, LogMessage, StreamName } from "../types.ts";

const LENGTH_BYTES = 4;
const NEWLINE = 10;

const Entry = message({ source: text(1), timeNano: int64(2), line: bytes(3), partial: flag(4) });

const lengthAt = (data: Uint8Array, at: number) =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(at);

function encodeMessage({ line, stream, time }: LogMessage): Uint8Array {
  const whole = line.at(-1) === NEWLINE;
  return Entry.encode({
    source: stream,
    timeNano: parseNanos(time),
    line: whole ? line.subarray(0, -1) : line,
    partial: !whole,
  });
}

function encodeRecord(message: LogMessage): Uint8Array {
  const body = encodeMessage(message);
  const record = Buffer.alloc(body.length + 2 * LENGTH_BYTES);
  record.writeUInt32BE(body.length, 0);
  record.set(body, LENGTH_BYTES);
  record.writeUInt32BE(body.length, LENGTH_BYTES + body.length);
  return record;
}

function decodeMessage(data: Uint8Array): LogEntry {
  const { line, partial, source, timeNano } = Entry.decode(data);
  // The record is good for this call only.
  const whole = partial ? line.slice() : Buffer.concat([line, Buffer.from("\n")]);
  return { line: whole, stream: (source || "stdout") as StreamName, time: formatNanos(timeNano) };
}

/** Where the last record that is whole ends, walking from the front. */
function endOfWhole(read: ReadAt, size: number): number {
  let at = 0;
  while (at + 2 * LENGTH_BYTES <= size) {
    const next = at + lengthAt(read(at, LENGTH_BYTES), 0) + 2 * LENGTH_BYTES;
    if (next > size) break;
    at = next;
  }
  return at;
}

export const LOCAL_RECORDS: LogFormat = {
  encode: (messages) => Buffer.concat(messages.map(encodeRecord)),
  endOf(data, at) {
    if (at + LENGTH_BYTES > data.length) return -1;
    const end = at + lengthAt(data, at) + 2 * LENGTH_BYTES;
    return end > data.length ? -1 : end;
  },
  endOfLast(data) {
    let end = 0;
    for (let next = this.endOf(data, 0); next >= 0; next = this.endOf(data, end)) end = next;
    return end;
  },
  decode(record) {
    try {
      return decodeMessage(record.subarray(LENGTH_BYTES, -LENGTH_BYTES));
    } catch {
      return undefined;
    }
  },
  tail(read, size, wanted) {
    let [offset, found] = [size, 0];
    while (found < wanted && offset >= 2 * LENGTH_BYTES) {
      offset -= lengthAt(read(offset - LENGTH_BYTES, LENGTH_BYTES), 0) + 2 * LENGTH_BYTES;
      found++;
    }
    return { offset: Math.max(0, offset), found };
  },
  mend(read, size) {
    const last = size < LENGTH_BYTES ? 0 : lengthAt(read(size - LENGTH_BYTES, LENGTH_BYTES), 0);
    const start = size - last - 2 * LENGTH_BYTES;
    const whole = start >= 0 && lengthAt(read(start, LENGTH_BYTES), 0) === last;
    return { keep: whole ? size : endOfWhole(read, size), append: "" };
  },
};
