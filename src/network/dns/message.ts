/** DNS messages (RFC 1035), as much of them as a resolver for container names needs. */
import { type Address, addressBytes } from "../address/ip.ts";

export const TYPE = { A: 1, PTR: 12, MX: 15, AAAA: 28, SRV: 33, OPT: 41 } as const;
export const RCODE = { OK: 0, FORMAT: 1, FAILURE: 2, REFUSED: 5 } as const;
const CLASS_IN = 1;
const HEADER_SIZE = 12;
const FLAG = { QR: 0x8000, TC: 0x0200, RD: 0x0100, RA: 0x0080 } as const;
/** What every client takes over UDP. */
const SMALLEST_UDP = 512;

export interface Query {
  id: number;
  /** Lower case, without the last dot. */
  name: string;
  type: number;
  /** The question as it came, to be sent back. */
  question: Uint8Array;
  recursion: boolean;
  /** Bytes that the client takes over UDP. */
  udpSize: number;
}

/** Reads a query with one question; undefined for anything else. */
export function parseQuery(bytes: Uint8Array): Query | undefined {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (message.length < HEADER_SIZE || message.readUInt16BE(4) !== 1) return undefined;
  const flags = message.readUInt16BE(2);
  // An answer, or not a plain query.
  if ((flags & 0xf800) !== 0) return undefined;
  const found = readName(message, HEADER_SIZE);
  if (!found || found.end + 4 > message.length) return undefined;
  const end = found.end + 4;
  if (message.readUInt16BE(found.end + 2) !== CLASS_IN) return undefined;
  return {
    id: message.readUInt16BE(0),
    name: found.name.toLowerCase(),
    type: message.readUInt16BE(found.end),
    question: Uint8Array.from(message.subarray(HEADER_SIZE, end)),
    recursion: (flags & FLAG.RD) !== 0,
    udpSize: udpSizeOf(message, end),
  };
}

/** A name of a question, which has no pointers. */
function readName(message: Buffer, start: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  for (let at = start; at < message.length; ) {
    const length = message[at]!;
    if (length === 0) return { name: labels.join("."), end: at + 1 };
    if (length > 63 || at + 1 + length > message.length) return undefined;
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return undefined;
}

/** From an OPT record (RFC 6891) right after the question, which is where clients put it. */
function udpSizeOf(message: Buffer, at: number): number {
  const isOpt =
    message.readUInt16BE(10) > 0 &&
    at + 5 <= message.length &&
    message[at] === 0 &&
    message.readUInt16BE(at + 1) === TYPE.OPT;
  return isOpt ? Math.max(SMALLEST_UDP, message.readUInt16BE(at + 3)) : SMALLEST_UDP;
}

export interface Answer {
  type: number;
  data: Uint8Array;
}

export const addressAnswer = (address: Address): Answer => ({
  type: address.family === 4 ? TYPE.A : TYPE.AAAA,
  data: addressBytes(address),
});

export const nameAnswer = (name: string): Answer => ({ type: TYPE.PTR, data: encodeName(name) });

function encodeName(name: string): Uint8Array {
  const labels = name.split(".").filter((label) => label !== "");
  const parts = labels.flatMap((label) => [Buffer.of(Buffer.byteLength(label)), Buffer.from(label)]);
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** Seconds that clients may keep an answer, as in stock. */
const TTL = 600;
/** A pointer to the question's name. */
const QUESTION_NAME = 0xc000 | HEADER_SIZE;

/** An answer of our own; with `limit`, one that is longer is cut down to the flag that says so. */
export function encodeAnswer(
  query: Query,
  answers: readonly Answer[],
  rcode: number,
  limit?: number,
): Uint8Array {
  const records = answers.map(({ type, data }) => {
    const record = Buffer.alloc(12 + data.length);
    record.writeUInt16BE(QUESTION_NAME, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(TTL, 6);
    record.writeUInt16BE(data.length, 10);
    record.set(data, 12);
    return record;
  });
  const size = HEADER_SIZE + query.question.length + records.reduce((sum, { length }) => sum + length, 0);
  const truncated = limit !== undefined && size > limit;
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeUInt16BE(query.id, 0);
  const available = rcode === RCODE.OK ? FLAG.RA : 0;
  const flags = FLAG.QR | available | (query.recursion ? FLAG.RD : 0) | (truncated ? FLAG.TC : 0) | rcode;
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(truncated ? 0 : records.length, 6);
  return Buffer.concat([header, query.question, ...(truncated ? [] : records)]);
}

/** The address that a reverse name stands for: "2.0.18.172.in-addr.arpa"; undefined for other names. */
export function reverseAddress(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (v4) return `${v4[4]}.${v4[3]}.${v4[2]}.${v4[1]}`;
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!v6) return undefined;
  const digits = v6[1]!.replaceAll(".", "").split("").reverse().join("");
  return digits.match(/.{4}/g)!.join(":");
}
