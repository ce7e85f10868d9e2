/**
 * Netlink messages as bytes: a header (length, type, flags, sequence, port), a fixed structure of the family, then
 * attributes (length, type, value), all in host byte order (little-endian here) and padded to four bytes.
 */

export const NLM_F = { REQUEST: 1, ACK: 4, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800, DUMP: 0x300 } as const;
export const NLMSG = { ERROR: 2, DONE: 3 } as const;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
export const HEADER_SIZE = 16;

const align = (length: number) => (length + 3) & ~3;

/** An attribute: a number is four bytes; "text" ends with NUL; a list nests. */
export type AttributeValue = number | string | Uint8Array | Attribute[];
export interface Attribute {
  type: number;
  value: AttributeValue;
  /** Bytes of a number, 4 by default. */
  size?: 1 | 2 | 4;
  /** Fixed bytes before nested attributes (VETH_INFO_PEER carries a whole link header). */
  prefix?: Uint8Array;
}

/** Encodes attributes one after the other, each padded. */
function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  return Buffer.concat(attributes.map(encodeAttribute));
}

function encodeAttribute(attribute: Attribute): Uint8Array {
  const nested = Array.isArray(attribute.value);
  const body = Buffer.concat([attribute.prefix ?? new Uint8Array(0), valueBytes(attribute)]);
  const out = Buffer.alloc(align(4 + body.length));
  out.writeUInt16LE(4 + body.length, 0);
  out.writeUInt16LE(attribute.type | (nested ? NLA_F_NESTED : 0), 2);
  body.copy(out, 4);
  return out;
}

function valueBytes({ value, size = 4 }: Attribute): Uint8Array {
  if (typeof value === "string") return Buffer.from(`${value}\0`);
  if (Array.isArray(value)) return encodeAttributes(value);
  if (typeof value !== "number") return value;
  const out = Buffer.alloc(size);
  out.writeUIntLE(value >>> 0, 0, size);
  return out;
}

export interface Request {
  type: number;
  /** NLM_F bits beside REQUEST and ACK. */
  flags?: number;
  /** The family's structure (struct ifinfomsg, ...). */
  body: Uint8Array;
  attributes?: readonly Attribute[];
}

/** One whole message. */
export function encodeMessage(request: Request, sequence: number, flags: number): Uint8Array {
  const attributes = encodeAttributes(request.attributes ?? []);
  const out = Buffer.alloc(HEADER_SIZE + align(request.body.length) + attributes.length);
  out.writeUInt32LE(out.length, 0);
  out.writeUInt16LE(request.type, 4);
  out.writeUInt16LE(flags | (request.flags ?? 0), 6);
  out.writeUInt32LE(sequence, 8);
  out.set(request.body, HEADER_SIZE);
  out.set(attributes, HEADER_SIZE + align(request.body.length));
  return out;
}

export interface Message {
  type: number;
  flags: number;
  sequence: number;
  body: Buffer;
}

/** Splits what one recv(2) returned into messages; a truncated one ends it. */
export function* decodeMessages(bytes: Buffer): Generator<Message> {
  for (let at = 0; at + HEADER_SIZE <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_SIZE || at + length > bytes.length) return;
    yield {
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      body: bytes.subarray(at + HEADER_SIZE, at + length),
    };
    at += align(length);
  }
}

/** The attributes after a fixed structure of `skip` bytes, by type; of a repeated one the last. */
export function decodeAttributes(body: Buffer, skip: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = align(skip); at + 4 <= body.length; ) {
    const length = body.readUInt16LE(at);
    if (length < 4 || at + length > body.length) break;
    found.set(body.readUInt16LE(at + 2) & NLA_TYPE_MASK, body.subarray(at + 4, at + length));
    at += align(length);
  }
  return found;
}
