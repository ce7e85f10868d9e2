import { dataLoss } from "../../errors/errors.ts";

/** Keyword → value of a pax extended header; values are bytes, since xattrs are. */
export type PaxRecords = Map<string, Buffer>;

/** Reads "LENGTH KEYWORD=VALUE\n" records. Errors: dataLoss. */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: PaxRecords = new Map();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.toString("latin1", at, space));
    const end = at + length;
    if (
      !Number.isInteger(length) ||
      end > data.length ||
      length <= space - at + 1 ||
      data[end - 1] !== 0x0a
    ) {
      throw dataLoss("invalid tar header: a malformed pax record");
    }
    const equals = data.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) throw dataLoss("invalid tar header: a pax record without a value");
    // A copy, because the reader's buffer is used again.
    records.set(data.toString("utf8", space + 1, equals), Buffer.from(data.subarray(equals + 1, end - 1)));
    at = end;
  }
  return records;
}

/** One record with its own length in front. */
export function paxRecord(keyword: string, value: Uint8Array | string): Buffer {
  const body = Buffer.concat([
    Buffer.from(` ${keyword}=`),
    Buffer.from(value as Uint8Array),
    Buffer.from("\n"),
  ]);
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
