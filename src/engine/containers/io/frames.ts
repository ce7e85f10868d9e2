import type { StreamName } from "../../logs/types.ts";

const STREAM_NUMBER: Record<StreamName | "systemerr", number> = { stdout: 1, stderr: 2, systemerr: 3 };

/** A chunk with the 8-byte header of multiplexed streams: stream number, three zeros, length (big endian). */
export function frame(stream: StreamName | "systemerr", chunk: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(8 + chunk.length);
  framed.writeUInt32BE(STREAM_NUMBER[stream] * 0x1000000, 0);
  framed.writeUInt32BE(chunk.length, 4);
  framed.set(chunk, 8);
  return framed;
}
