/**
 * ttrpc framing: a header of 10 bytes (length and stream id, big-endian 32 bits; type; flags), then data.
 * Clients use odd stream ids. A message of more than 4 MiB is refused.
 */
export const HEADER_SIZE = 10;
export const MAX_DATA = 4 << 20;

export const REQUEST = 1;
export const RESPONSE = 2;
export interface Frame {
  streamId: number;
  type: number;
  flags: number;
  /** undefined when the sender exceeded MAX_DATA: the data was thrown away. */
  data: Uint8Array | undefined;
}

/** Header and data in one buffer, ready to send. */
export function encodeFrame(streamId: number, type: number, flags: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_SIZE + data.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, data.length);
  view.setUint32(4, streamId);
  frame[8] = type;
  frame[9] = flags;
  frame.set(data, HEADER_SIZE);
  return frame;
}

/** Cuts a byte stream into frames, whatever pieces it arrives in. */
export class FrameParser {
  #pending = new Uint8Array(0);
  /** Bytes of an oversized message still to be thrown away. */
  #skipping = 0;

  /** Whether all that came was whole frames. */
  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#skipping === 0;
  }

  /** Takes the next piece of the stream and returns the frames that it completes. */
  push(piece: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let input = piece;
    if (this.#pending.length > 0) {
      input = new Uint8Array(this.#pending.length + piece.length);
      input.set(this.#pending);
      input.set(piece, this.#pending.length);
    }
    let position = this.#skip(input, 0);
    while (this.#skipping === 0 && input.length - position >= HEADER_SIZE) {
      const view = new DataView(input.buffer, input.byteOffset + position, HEADER_SIZE);
      const length = view.getUint32(0);
      const head = { streamId: view.getUint32(4), type: view.getUint8(8), flags: view.getUint8(9) };
      if (length > MAX_DATA) {
        frames.push({ ...head, data: undefined });
        this.#skipping = length;
        position = this.#skip(input, position + HEADER_SIZE);
        continue;
      }
      const end = position + HEADER_SIZE + length;
      if (end > input.length) break;
      frames.push({ ...head, data: input.slice(position + HEADER_SIZE, end) });
      position = end;
    }
    this.#pending = input.slice(position);
    return frames;
  }

  #skip(input: Uint8Array, from: number): number {
    const skipped = Math.min(this.#skipping, input.length - from);
    this.#skipping -= skipped;
    return from + skipped;
  }
}
