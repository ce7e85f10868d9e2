/** The frames of RFC 9113, sections 4 and 6: numbers, and how each is written. */

export const TYPE = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

export const FLAG = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const HEAD_SIZE = 9;
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 0x7fff_ffff;
/** What every side takes, and none may say less. */
export const MIN_FRAME_SIZE = 16_384;
export const MAX_FRAME_SIZE = 16_777_215;

export interface Frame {
  type: number;
  flags: number;
  streamId: number;
  /** May be a view of what was received: copy what must last. */
  payload: Uint8Array;
}

export const hasFlag = (frame: Frame, flag: number): boolean => (frame.flags & flag) !== 0;

/** The four bytes at `at`, big end first. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 2 ** 24 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/** Writes a frame's head at `at`. */
export function putHead(
  out: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  out[at] = length >> 16;
  out[at + 1] = length >> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  putUint32(out, at + 5, streamId);
}

/** Writes four bytes at `at`, big end first. */
export function putUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

const uint32s = (...values: number[]): Uint8Array => {
  const out = new Uint8Array(values.length * 4);
  for (const [at, value] of values.entries()) putUint32(out, at * 4, value);
  return out;
};

/** Payloads of the small frames. */
export const windowUpdate = (increment: number): Uint8Array => uint32s(increment);
export const rstStream = (code: number): Uint8Array => uint32s(code);

/** The payload of GOAWAY (RFC 9113, section 6.8). */
export function goAway(lastStreamId: number, code: number, why: string): Uint8Array {
  return Buffer.concat([uint32s(lastStreamId, code), Buffer.from(why)]);
}
