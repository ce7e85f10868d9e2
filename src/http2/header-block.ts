import { CODE, ConnectionError } from "./errors.ts";
import { FLAG, type Frame, hasFlag, TYPE } from "./frames.ts";
import { unpad } from "./padding.ts";

/** Bytes of one header block as it is sent; a list that is allowed cannot need more. */
const MAX_BLOCK = 128 << 10;
/** A block in more frames than this is a flood (CVE-2024-27316 and its kin). */
const MAX_CONTINUATIONS = 32;
const PRIORITY_SIZE = 5;

export interface HeaderBlock {
  streamId: number;
  endsStream: boolean;
  bytes: Uint8Array;
}

/** Puts HEADERS and their CONTINUATIONs together (RFC 9113, sections 6.2 and 6.10). */
export class HeaderBlocks {
  #open: { streamId: number; endsStream: boolean; parts: Uint8Array[]; size: number } | undefined;

  /** Errors: ConnectionError when this frame may not come now. */
  expect(frame: Frame): void {
    const fits = frame.type === TYPE.CONTINUATION && frame.streamId === this.#open?.streamId;
    if (fits || (this.#open === undefined && frame.type !== TYPE.CONTINUATION)) return;
    throw new ConnectionError(
      CODE.PROTOCOL_ERROR,
      `frame of type ${frame.type} on stream ${frame.streamId} ${this.#open ? "within" : "without"} a header block`,
    );
  }

  /** Takes a HEADERS or CONTINUATION frame; returns the block once it is whole. Errors: ConnectionError. */
  add(frame: Frame): HeaderBlock | undefined {
    const part = frame.type === TYPE.HEADERS ? withoutPriority(frame) : frame.payload;
    this.#open ??= {
      ...{ streamId: frame.streamId, endsStream: hasFlag(frame, FLAG.END_STREAM) },
      ...{ parts: [], size: 0 },
    };
    const open = this.#open;
    const whole = hasFlag(frame, FLAG.END_HEADERS);
    open.size += part.length;
    if (open.size > MAX_BLOCK || open.parts.length > MAX_CONTINUATIONS)
      throw new ConnectionError(CODE.ENHANCE_YOUR_CALM, "a header block is too long");
    if (whole) this.#open = undefined;
    const { streamId, endsStream } = open;
    if (whole && open.parts.length === 0) return { streamId, endsStream, bytes: part };
    // What waits for more must outlast the piece that it came in.
    open.parts.push(part.slice());
    return whole ? { streamId, endsStream, bytes: Buffer.concat(open.parts) } : undefined;
  }
}

function withoutPriority(frame: Frame): Uint8Array {
  const content = unpad(frame);
  if (!hasFlag(frame, FLAG.PRIORITY)) return content;
  if (content.length < PRIORITY_SIZE)
    throw new ConnectionError(CODE.FRAME_SIZE_ERROR, "HEADERS too short for their priority");
  return content.subarray(PRIORITY_SIZE);
}
