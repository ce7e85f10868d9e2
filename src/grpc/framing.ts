/** gRPC's framing: a byte that says "not compressed", four of length (big-endian), the message. */
import { dataLoss, exhausted, notImplemented } from "../errors/errors.ts";

const PREFIX = 5;
/** Longest message that is believed, bytes: senders of files use pieces of 32 KiB. */
const LONGEST = 16 * 1024 * 1024;

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX);
  return frame;
}

/** The messages in a stream of bytes. Errors: dataLoss, exhausted, notImplemented (compressed ones). */
export async function* unframed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    let at = 0;
    while (held.length - at >= PREFIX) {
      if (held[at] !== 0) throw notImplemented("compressed gRPC messages are not implemented");
      const length = held.readUInt32BE(at + 1);
      if (length > LONGEST) throw exhausted(`a gRPC message of ${length} bytes is longer than is believed`);
      if (held.length - at < PREFIX + length) break;
      yield held.subarray(at + PREFIX, at + PREFIX + length);
      at += PREFIX + length;
    }
    held = held.subarray(at);
  }
  if (held.length > 0) throw dataLoss("a gRPC stream ended amid a message");
}
