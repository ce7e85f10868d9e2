import { CODE, ConnectionError } from "./errors.ts";
import { type Frame, HEAD_SIZE, uint32At } from "./frames.ts";

/** Cuts a byte stream into frames, whatever pieces it arrives in. */
export class FrameReader {
  readonly #maxSize: number;
  /** The beginning of a frame that has not arrived as a whole, and how many bytes of it are here. */
  #held: Uint8Array | undefined;
  #have = 0;

  /** `maxSize` is the longest payload that our settings allow. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** Calls `each` with every frame that the piece completes, in order. Errors: ConnectionError FRAME_SIZE_ERROR. */
  push(piece: Uint8Array, each: (frame: Frame) => void): void {
    let position = this.#held === undefined ? 0 : this.#complete(piece, each);
    while (this.#held === undefined && position < piece.length) {
      const rest = piece.length - position;
      const length = rest < HEAD_SIZE ? undefined : this.#lengthAt(piece, position);
      if (length === undefined || rest < length) {
        this.#hold(piece.subarray(position), length ?? HEAD_SIZE);
        return;
      }
      each(frameAt(piece, position, length));
      position += length;
    }
  }

  /** Adds to the frame that is held; returns how many bytes of the piece it took. */
  #complete(piece: Uint8Array, each: (frame: Frame) => void): number {
    let used = 0;
    for (;;) {
      const held = this.#held!;
      const part = piece.subarray(used, used + held.length - this.#have);
      held.set(part, this.#have);
      this.#have += part.length;
      used += part.length;
      if (this.#have < held.length) return used;
      const length = this.#lengthAt(held, 0);
      if (held.length < length) {
        this.#hold(held, length);
        continue;
      }
      this.#held = undefined;
      each(frameAt(held, 0, length));
      return used;
    }
  }

  #hold(begin: Uint8Array, size: number): void {
    this.#held = new Uint8Array(size);
    this.#held.set(begin);
    this.#have = begin.length;
  }

  /** Of head and payload together. */
  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    if (length > this.#maxSize)
      throw new ConnectionError(
        CODE.FRAME_SIZE_ERROR,
        `a frame of ${length} bytes, which is more than ${this.#maxSize}`,
      );
    return HEAD_SIZE + length;
  }
}

function frameAt(bytes: Uint8Array, at: number, length: number): Frame {
  return {
    type: bytes[at + 3]!,
    flags: bytes[at + 4]!,
    streamId: uint32At(bytes, at + 5) & 0x7fff_ffff,
    payload: bytes.subarray(at + HEAD_SIZE, at + length),
  };
}
