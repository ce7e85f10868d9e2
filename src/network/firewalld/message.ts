/** D-Bus messages (the D-Bus specification, "Message Format"), little-endian, with the few types that firewalld needs. */

export const KIND = { CALL: 1, RETURN: 2, ERROR: 3, SIGNAL: 4 } as const;
const FIELD = {
  PATH: 1,
  INTERFACE: 2,
  MEMBER: 3,
  ERROR_NAME: 4,
  REPLY_SERIAL: 5,
  DESTINATION: 6,
  SIGNATURE: 8,
} as const;
const HEADER_SIZE = 16;
const PROTOCOL = 1;

/** A text, or texts by name (a{sv} with texts as values). */
export type Argument = string | Record<string, string>;

/** Appends values, each at the boundary that its type wants. */
class Writer {
  #bytes: number[] = [];

  align(size: number): void {
    while (this.#bytes.length % size !== 0) this.#bytes.push(0);
  }
  byte(value: number): void {
    this.#bytes.push(value);
  }
  uint32(value: number): void {
    this.align(4);
    this.#bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
  }
  string(text: string): void {
    const bytes = Buffer.from(text);
    this.uint32(bytes.length);
    this.#bytes.push(...bytes, 0);
  }
  signature(text: string): void {
    this.#bytes.push(text.length, ...Buffer.from(text), 0);
  }
  variant(signature: string, value: string | number): void {
    this.signature(signature);
    if (typeof value === "number") this.uint32(value);
    else if (signature === "g") this.signature(value);
    else this.string(value);
  }
  /** An array of elements that are aligned to eight bytes; the padding before the first does not count. */
  array(write: () => void): void {
    this.uint32(0);
    const at = this.#bytes.length - 4;
    this.align(8);
    const start = this.#bytes.length;
    write();
    const length = this.#bytes.length - start;
    for (let i = 0; i < 4; i++) this.#bytes[at + i] = (length >>> (8 * i)) & 255;
  }
  done(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  arguments: readonly Argument[];
}

function bodyOf(args: readonly Argument[]): { signature: string; body: Buffer } {
  const writer = new Writer();
  const signature = args.map((argument) => (typeof argument === "string" ? "s" : "a{sv}")).join("");
  for (const argument of args) {
    if (typeof argument === "string") writer.string(argument);
    else
      writer.array(() => {
        for (const [name, value] of Object.entries(argument)) {
          writer.align(8);
          writer.string(name);
          writer.variant("s", value);
        }
      });
  }
  return { signature, body: writer.done() };
}

/** One method call. */
export function encodeCall(call: Call, serial: number): Uint8Array {
  const { signature, body } = bodyOf(call.arguments);
  const fields: [number, string, string][] = [
    [FIELD.PATH, "o", call.path],
    [FIELD.INTERFACE, "s", call.interface],
    [FIELD.MEMBER, "s", call.member],
    [FIELD.DESTINATION, "s", call.destination],
  ];
  if (signature !== "") fields.push([FIELD.SIGNATURE, "g", signature]);
  const writer = new Writer();
  for (const byte of [0x6c, KIND.CALL, 0, PROTOCOL]) writer.byte(byte);
  writer.uint32(body.length);
  writer.uint32(serial);
  writer.array(() => {
    for (const [field, type, value] of fields) {
      writer.align(8);
      writer.byte(field);
      writer.variant(type, value);
    }
  });
  writer.align(8);
  return Buffer.concat([writer.done(), body]);
}

export interface Message {
  kind: number;
  member: string;
  interface: string;
  errorName: string;
  replyTo: number;
  /** The texts of the body, also those of a list; a truth is "true" or "false". */
  texts: string[];
}

/** The first whole message of what has been received, and its length; undefined until it is whole. */
export function decodeMessage(bytes: Buffer): { message: Message; length: number } | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const bodyLength = bytes.readUInt32LE(4);
  const fieldsEnd = HEADER_SIZE + bytes.readUInt32LE(12);
  const bodyStart = (fieldsEnd + 7) & ~7;
  const length = bodyStart + bodyLength;
  if (bytes.length < length) return undefined;
  const fields = readFields(bytes, fieldsEnd);
  const text = (field: number) => String(fields.get(field) ?? "");
  const body = bytes.subarray(bodyStart, length);
  return {
    length,
    message: {
      kind: bytes[1]!,
      member: text(FIELD.MEMBER),
      interface: text(FIELD.INTERFACE),
      errorName: text(FIELD.ERROR_NAME),
      replyTo: Number(fields.get(FIELD.REPLY_SERIAL) ?? 0),
      texts: readTexts(body, text(FIELD.SIGNATURE)),
    },
  };
}

function readFields(bytes: Buffer, end: number): Map<number, string | number> {
  const fields = new Map<number, string | number>();
  for (let at = HEADER_SIZE; at < end; ) {
    at = (at + 7) & ~7;
    const field = bytes[at]!;
    const type = String.fromCharCode(bytes[at + 2]!);
    at += 4;
    if (type === "g") {
      const size = bytes[at]!;
      fields.set(field, bytes.toString("utf8", at + 1, at + 1 + size));
      at += size + 2;
      continue;
    }
    const value = bytes.readUInt32LE(at);
    at += 4;
    if (type === "u") fields.set(field, value);
    else {
      fields.set(field, bytes.toString("utf8", at, at + value));
      at += value + 1;
    }
  }
  return fields;
}

/** Reads texts, truths and lists of texts, up to the first value of another type. */
function readTexts(body: Buffer, signature: string): string[] {
  const texts: string[] = [];
  let at = 0;
  const uint32 = () => {
    at = (at + 3) & ~3;
    at += 4;
    return body.readUInt32LE(at - 4);
  };
  const string = () => {
    const size = uint32();
    at += size + 1;
    return body.toString("utf8", at - size - 1, at - 1);
  };
  for (const type of signature.match(/as|s|b|o|./g) ?? []) {
    if (type === "b") texts.push(uint32() === 1 ? "true" : "false");
    else if (type === "s" || type === "o") texts.push(string());
    else if (type === "as") for (const end = uint32() + at; at < end; ) texts.push(string());
    else break;
  }
  return texts;
}
