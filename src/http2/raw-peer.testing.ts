/** For tests: the other side of a connection, spoken frame by frame. */
import { Connection, type ConnectionOptions } from "./connection.ts";
import { FrameReader } from "./frame-reader.ts";
import { type Frame, HEAD_SIZE, MAX_FRAME_SIZE, PREFACE, putHead, TYPE } from "./frames.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import type { Field } from "./hpack/table.ts";

/** The other side of a connection under test, frame by frame. */
export class RawPeer {
  readonly connection: Connection;
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder(Number.POSITIVE_INFINITY);
  /** Frames that the connection has sent, oldest first. */
  frames: Frame[] = [];
  /** Whether the connection has ended the stream of bytes. */
  ended = false;
  /** Bytes that the sink takes before it is full. */
  room = Number.POSITIVE_INFINITY;

  constructor(options: Omit<ConnectionOptions, "sink">) {
    const reader = new FrameReader(MAX_FRAME_SIZE);
    let preface = options.accept ? 0 : PREFACE.length;
    const sink = {
      write: (bytes: Uint8Array) => {
        const taken = bytes.slice(0, this.room);
        this.room -= taken.length;
        const skipped = Math.min(preface, taken.length);
        preface -= skipped;
        reader.push(taken.subarray(skipped), (frame) => this.frames.push(frame));
        return taken.length;
      },
      end: () => {
        this.ended = true;
      },
    };
    this.connection = new Connection({ sink, ...options });
    if (options.accept) this.connection.receive(Buffer.from(PREFACE));
  }

  /** A peer that has exchanged settings, with what came so far forgotten. */
  static async settled(options: Omit<ConnectionOptions, "sink">): Promise<RawPeer> {
    const peer = new RawPeer(options);
    peer.send(TYPE.SETTINGS, 0, 0);
    await peer.turn();
    peer.frames = [];
    return peer;
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array | readonly number[] = []): void {
    this.connection.receive(frameBytes(type, flags, streamId, Uint8Array.from(payload)));
  }

  headers(streamId: number, fields: readonly Field[], flags: number): void {
    this.send(TYPE.HEADERS, flags, streamId, this.encoder.encode(fields));
  }

  /** Lets the connection write what it has. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  ofType(type: number): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** The code of the GOAWAY that was sent; undefined without one. */
  get goAwayCode(): number | undefined {
    return this.ofType(TYPE.GOAWAY)[0]?.payload[7];
  }

  /** Streams that were reset, with the codes. */
  get resets(): [streamId: number, code: number][] {
    return this.ofType(TYPE.RST_STREAM).map(({ streamId, payload }) => [streamId, payload[3]!]);
  }

  /** Bytes of data that were sent on a stream. */
  dataOn(streamId: number): number {
    return this.ofType(TYPE.DATA)
      .filter((frame) => frame.streamId === streamId)
      .reduce((sum, { payload }) => sum + payload.length, 0);
  }
}

/** A frame with its head. */
export function frameBytes(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_SIZE + payload.length);
  putHead(bytes, 0, payload.length, type, flags, streamId);
  bytes.set(payload, HEAD_SIZE);
  return bytes;
}
