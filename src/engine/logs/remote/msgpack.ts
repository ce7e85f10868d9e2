/** The little of MessagePack that fluentd's forward protocol needs. */
export type Packable = string | number | Buffer | Packable[] | { [key: string]: Packable };

/** A value as MessagePack. */
export function pack(value: Packable): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return packString(value);
  if (typeof value === "number") return packUnsigned(value);
  if (Array.isArray(value)) return Buffer.concat([head(0x90, 0xdc, value.length), ...value.map(pack)]);
  const entries = Object.entries(value);
  const items = entries.flatMap(([key, item]) => [packString(key), pack(item)]);
  return Buffer.concat([head(0x80, 0xde, entries.length), ...items]);
}

function packString(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  let start: Buffer;
  if (length < 32) start = Buffer.of(0xa0 | length);
  else if (length < 256) start = Buffer.of(0xd9, length);
  else if (length < 65_536) start = Buffer.of(0xda, length >> 8, length & 255);
  else {
    start = Buffer.alloc(5, 0xdb);
    start.writeUInt32BE(length, 1);
  }
  return Buffer.concat([start, bytes]);
}

function packUnsigned(value: number): Buffer {
  if (value < 128) return Buffer.of(value);
  const bytes = Buffer.alloc(9, 0xcf);
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return bytes;
}

function head(short: number, long: number, count: number): Buffer {
  return count < 16 ? Buffer.of(short | count) : Buffer.of(long, count >> 8, count & 255);
}

/** fluentd's EventTime: extension 0 with seconds and nanoseconds. */
export function packEventTime(nanos: bigint): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt16BE(0xd700, 0);
  bytes.writeUInt32BE(Number(nanos / 1_000_000_000n), 2);
  bytes.writeUInt32BE(Number(nanos % 1_000_000_000n), 6);
  return bytes;
}
