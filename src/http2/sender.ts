/** The sending half of a connection: what is written in which order, as far as the other side's settings and windows let it. */
import type { ByteSink } from "./byte-sink.ts";
import { CODE, ConnectionError } from "./errors.ts";
import { DEFAULT_WINDOW, MAX_WINDOW } from "./frames.ts";
import { HpackEncoder } from "./hpack/encoder.ts";
import type { Field } from "./hpack/table.ts";
import { Output } from "./output.ts";
import { INITIAL_SETTINGS, type Settings } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** The longest frame that is sent, if the other side takes it. */
const LONGEST_FRAME = 64 << 10;
/** Data are not put into frames while this many bytes wait to be written. */
const HIGH_WATER = 256 << 10;

export class Sender {
  readonly #output: Output;
  readonly #encoder = new HpackEncoder();
  /** Called when something of use was written. */
  readonly #wrote: () => void;
  /** Called after each flush. */
  readonly #flushed: () => void;
  /** Streams that have something to write, in turn; and those that wait for the connection's window. */
  readonly #ready = new Set<Stream>();
  readonly #starved = new Set<Stream>();
  #settings: Settings = INITIAL_SETTINGS;
  #window = DEFAULT_WINDOW;
  #flushing = false;
  #over = false;

  constructor(sink: ByteSink, wrote: () => void, flushed: () => void) {
    this.#output = new Output(sink);
    this.#wrote = wrote;
    this.#flushed = flushed;
  }

  /** Bytes that the other side has not taken yet. */
  get pending(): number {
    return this.#output.pending;
  }

  /** What the other side allows. */
  get settings(): Settings {
    return this.#settings;
  }

  set settings(settings: Settings) {
    this.#settings = settings;
    this.#encoder.allowTable(settings.tableSize);
  }

  raw(bytes: Uint8Array): void {
    this.#output.raw(bytes);
    this.#flushSoon();
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.#output.frame(type, flags, streamId, payload);
    this.#flushSoon();
  }

  fields(stream: Stream, fields: readonly Field[], end: boolean): void {
    this.#output.headers(stream.id, this.#encoder.encode(fields), end, this.#frameSize);
    this.#wrote();
    this.#flushSoon();
  }

  /** The stream may have data to send, or its end. */
  schedule(stream: Stream): void {
    this.#ready.add(stream);
    this.#flushSoon();
  }

  drop(stream: Stream): void {
    this.#ready.delete(stream);
    this.#starved.delete(stream);
  }

  /** The connection's window has grown. Errors: ConnectionError. */
  widen(increment: number): void {
    this.#window += increment;
    if (this.#window > MAX_WINDOW)
      throw new ConnectionError(CODE.FLOW_CONTROL_ERROR, "the connection's window is too large");
    for (const stream of this.#starved) this.schedule(stream);
    this.#starved.clear();
  }

  drained(): void {
    this.#output.drained();
    this.flush();
  }

  flush(): void {
    if (this.#over) return;
    do this.#fill();
    while (this.#output.flush() && this.#ready.size > 0);
    if (this.#ready.size === 0) this.#output.rest();
    this.#flushed();
  }

  /** Ends the stream of bytes after what it has taken. */
  end(): void {
    this.#over = true;
    this.#output.end();
  }

  get #frameSize(): number {
    return Math.min(this.#settings.maxFrameSize, LONGEST_FRAME);
  }

  /** At the end of this turn, so that what belongs together leaves in one write. */
  #flushSoon(): void {
    if (this.#flushing || this.#output.blocked) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Makes frames of what streams have to send, one each in turn. */
  #fill(): void {
    while (this.#output.pending < HIGH_WATER) {
      const [stream] = this.#ready;
      if (stream === undefined) return;
      this.#ready.delete(stream);
      if (!stream.ready) continue;
      if (stream.sendable > 0 && this.#window <= 0) this.#starved.add(stream);
      else this.#writePart(stream);
    }
  }

  #writePart(stream: Stream): void {
    const trailers = stream.dueTrailers;
    if (trailers) {
      this.fields(stream, trailers, true);
      stream.localEnd();
      return;
    }
    const size = Math.min(stream.sendable, this.#window, this.#frameSize);
    const last = stream.endsAfter(size);
    this.#window -= size;
    this.#output.data(stream.id, last, size, (place) => stream.fill(place));
    this.#wrote();
    if (last) stream.localEnd();
    else if (stream.ready) this.#ready.add(stream);
    stream.filled();
  }
}
