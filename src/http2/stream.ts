/**
 * One request and its answer. Each side sends fields, then data, then it ends, with trailers or without; either side
 * may reset the stream at any time. Events come one after the other; after aborted() there are none.
 */
import { CODE, ConnectionError, type StreamError } from "./errors.ts";
import { MAX_WINDOW } from "./frames.ts";
import type { Field } from "./hpack/table.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SendQueue } from "./send-queue.ts";

/** Who produces more data should hold back while this many bytes wait, and may go on at half of it. */
const HIGH_WATER = 256 << 10;

/** What a stream tells its user. */
export interface StreamEvents {
  /** First fields, informational ones (1xx) before them, or trailers, which end. */
  fields(fields: readonly Field[], ended: boolean): void;
  /** May be empty when it ends. The user says consumed() when the piece is off his hands, or the stream stalls. */
  data(piece: Uint8Array, ended: boolean): void;
  /** After send() returned false: there is room again. */
  writable(): void;
  /** The stream ended before both sides had ended it. Nothing more can be sent. */
  aborted(error: StreamError | ConnectionError): void;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  /** Writes fields now; in the order of calls. */
  writeFields(stream: Stream, fields: readonly Field[], end: boolean): void;
  /** There may be data to send, or an end. */
  schedule(stream: Stream): void;
  announceWindow(stream: Stream, increment: number): void;
  /** Bytes of the connection's window are off our hands. */
  released(bytes: number): void;
  writeReset(stream: Stream, code: number): void;
  /** Both sides have ended, or it is reset. */
  over(stream: Stream): void;
}

export class Stream {
  /** 0 while it waits for its turn to be opened. */
  id = 0;
  events: StreamEvents | undefined;
  readonly #host: StreamHost;
  readonly #queue = new SendQueue();
  readonly #receive: ReceiveWindow;
  #sendWindow: number;
  #unread = 0;
  /** How this side will end once the queue is empty. */
  #ending: "data" | readonly Field[] | undefined;
  /** Once this side has ended, the other one is to stop as well. */
  #stopping = false;
  #localEnded = false;
  #remoteEnded = false;
  #over = false;
  #full = false;

  constructor(host: StreamHost, sendWindow: number, receiveWindow: number) {
    this.#host = host;
    this.#sendWindow = sendWindow;
    this.#receive = new ReceiveWindow(receiveWindow);
  }

  /** Whether both sides have ended, or it was reset. */
  get over(): boolean {
    return this.#over;
  }

  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  /** First fields; before any data. */
  sendFields(fields: readonly Field[]): void {
    if (!this.#over) this.#host.writeFields(this, fields, false);
  }

  /** Queues data, which must not be changed any more. Returns false when the caller should wait for writable(). */
  send(bytes: Uint8Array): boolean {
    if (this.#over || this.#ending) return true;
    this.#queue.push(bytes);
    this.#host.schedule(this);
    this.#full = this.#queue.size >= HIGH_WATER;
    return !this.#full;
  }

  /**
   * Ends this side after the data that waits, with trailers when given. With `stop`, the other side need not send what
   * it has yet to send (RFC 9113, section 8.1).
   */
  end(trailers?: readonly Field[], { stop = false } = {}): void {
    if (this.#over || this.#ending) return;
    this.#stopping = stop;
    this.#ending = trailers ?? "data";
    this.#host.schedule(this);
  }

  /** Ends the stream in both directions. No event follows. */
  reset(code: number = CODE.CANCEL): void {
    if (!this.#over) {
      this.#host.writeReset(this, code);
      this.#finish();
    }
    this.#releaseAll();
  }

  /** Data that was received is off the user's hands: the other side may send as much again. */
  consumed(bytes: number): void {
    const counted = Math.min(bytes, this.#unread);
    this.#unread -= counted;
    this.#host.released(counted);
    if (!this.#remoteEnded) this.#credit(counted);
  }

  /** For the connection: whether there is something to write as far as this stream's window goes. */
  get ready(): boolean {
    if (this.#over || this.#localEnded) return false;
    return this.#queue.size > 0 ? this.#sendWindow > 0 : this.#ending !== undefined;
  }

  /** For the connection: bytes that may be sent now as far as this stream's window goes; 0 when just its end is due. */
  get sendable(): number {
    return Math.min(this.#queue.size, Math.max(0, this.#sendWindow));
  }

  /** For the connection: whether a frame of so many bytes is the last one. */
  endsAfter(bytes: number): boolean {
    return this.#ending === "data" && bytes === this.#queue.size;
  }

  /** For the connection: moves data into a frame. */
  fill(place: Uint8Array): void {
    this.#queue.fill(place);
    this.#sendWindow -= place.length;
  }

  /** For the connection: the frame that was filled stands. */
  filled(): void {
    if (!this.#full || this.#queue.size * 2 > HIGH_WATER) return;
    this.#full = false;
    this.events?.writable();
  }

  /** For the connection: the trailers, when it is time for them. */
  get dueTrailers(): readonly Field[] | undefined {
    return this.#queue.size === 0 && typeof this.#ending === "object" ? this.#ending : undefined;
  }

  /** For the connection: our end has been written. */
  localEnd(): void {
    this.#localEnded = true;
    if (this.#remoteEnded) this.#finish();
    else if (this.#stopping) this.reset(CODE.NO_ERROR);
  }

  /** For the connection. Errors: ConnectionError. */
  widen(increment: number): void {
    this.#sendWindow += increment;
    if (this.#sendWindow > MAX_WINDOW)
      throw new ConnectionError(CODE.FLOW_CONTROL_ERROR, `the window of stream ${this.id} is too large`);
    if (this.ready) this.#host.schedule(this);
  }

  /** For the connection: fields have come. */
  receiveFields(fields: readonly Field[], ended: boolean): void {
    if (ended) this.#remoteEnd();
    this.events?.fields(fields, ended);
  }

  /** For the connection: data have come, in a frame of `size` bytes with its padding. Returns false when too many. */
  receiveData(piece: Uint8Array, size: number, ended: boolean): boolean {
    if (!this.#receive.take(size)) return false;
    this.#unread += piece.length;
    this.#host.released(size - piece.length);
    if (ended) this.#remoteEnd();
    else this.#credit(size - piece.length);
    this.events?.data(piece, ended);
    return true;
  }

  /** For the connection: nothing more will come or go. */
  abort(error: StreamError | ConnectionError): void {
    if (this.#over) return;
    this.#finish();
    this.#releaseAll();
    this.events?.aborted(error);
  }

  #remoteEnd(): void {
    this.#remoteEnded = true;
    if (this.#localEnded) this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue.clear();
    this.#host.over(this);
  }

  #releaseAll(): void {
    this.#host.released(this.#unread);
    this.#unread = 0;
  }

  #credit(bytes: number): void {
    if (this.#over || bytes === 0) return;
    const increment = this.#receive.credit(bytes);
    if (increment > 0) this.#host.announceWindow(this, increment);
  }
}
