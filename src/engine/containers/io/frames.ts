import type { StreamName } from "../../logs/types.ts";

const STREAM_NUMBER: Record<StreamName | "systemerr", number> = { stdout: 1, stderr: 2, systemerr: 3 };

/** Bytes of a frame's header. */
export const HEADER = 8;

/** A chunk with the 8-byte header of multiplexed streams: stream number, three zeros, length (big endian). */
export function frame(stream: StreamName | "systemerr", chunk: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(8 + chunk.length);
  writeFrameHeader(framed, 0, stream, chunk.length);
  framed.set(chunk, 8);
  return framed;
}

/** Writes the header of a frame of `length` bytes. */
export function writeFrameHeader(
  into: Buffer,
  at: number,
  stream: StreamName | "systemerr",
  length: number,
): void {
  into.writeUInt32BE(STREAM_NUMBER[stream] * 0x1000000, at);
  into.writeUInt32BE(length, at + 4);
}
