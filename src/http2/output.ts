import type { ByteSink } from "./byte-sink.ts";
import { FLAG, HEAD_SIZE, putHead, TYPE } from "./frames.ts";

const FIRST_CAPACITY = 4 << 10;
/** A buffer that grew beyond this is given back once it is empty. */
const KEPT_CAPACITY = 64 << 10;

/** Frames that wait to be written: those of one turn of the event loop leave in one write. */
export class Output {
  readonly #sink: ByteSink;
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #blocked = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** Bytes that the sink has not taken yet. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** The sink takes nothing until drained() is called. */
  get blocked(): boolean {
    return this.#blocked;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.#reserve(HEAD_SIZE + payload.length);
    putHead(this.#buffer, this.#end, payload.length, type, flags, streamId);
    this.#buffer.set(payload, this.#end + HEAD_SIZE);
    this.#end += HEAD_SIZE + payload.length;
  }

  /** A header block as HEADERS and as many CONTINUATIONs as it needs. */
  headers(streamId: number, block: Uint8Array, end: boolean, maxFrameSize: number): void {
    let flags: number = end ? FLAG.END_STREAM : 0;
    let type: number = TYPE.HEADERS;
    let at = 0;
    do {
      const part = block.subarray(at, at + maxFrameSize);
      at += part.length;
      if (at >= block.length) flags |= FLAG.END_HEADERS;
      this.frame(type, flags, streamId, part);
      type = TYPE.CONTINUATION;
      flags = 0;
    } while (at < block.length);
  }

  /** A DATA frame of `length` bytes, which `fill` writes to the place that it is given. */
  data(streamId: number, end: boolean, length: number, fill: (place: Uint8Array) => void): void {
    this.#reserve(HEAD_SIZE + length);
    putHead(this.#buffer, this.#end, length, TYPE.DATA, end ? FLAG.END_STREAM : 0, streamId);
    const from = this.#end + HEAD_SIZE;
    fill(this.#buffer.subarray(from, from + length));
    this.#end = from + length;
  }

  /** Writes what the sink takes; returns whether nothing is left. */
  flush(): boolean {
    if (this.#blocked) return false;
    if (this.pending === 0) return true;
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    const taken = this.#sink.write(bytes);
    this.#start += taken;
    this.#blocked = taken < bytes.length;
    if (!this.#blocked) this.#start = this.#end = 0;
    return !this.#blocked;
  }

  drained(): void {
    this.#blocked = false;
  }

  /** Gives memory back when nothing waits. */
  rest(): void {
    if (this.pending === 0 && this.#buffer.length > KEPT_CAPACITY) this.#buffer = new Uint8Array(0);
  }

  /** Throws away what waits, and ends the stream of bytes after what was taken. */
  end(): void {
    this.#buffer = new Uint8Array(0);
    this.#start = this.#end = 0;
    this.#sink.end();
  }

  #reserve(size: number): void {
    const pending = this.pending;
    if (this.#end + size <= this.#buffer.length) return;
    const capacity = pending + size;
    // What has been written already leaves room at the front.
    if (capacity * 2 <= this.#buffer.length) this.#buffer.copyWithin(0, this.#start, this.#end);
    else {
      const grown = new Uint8Array(Math.max(FIRST_CAPACITY, capacity, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
    }
    this.#start = 0;
    this.#end = pending;
  }
}
