/**
 * One HTTP/2 connection (RFC 9113) of a client or a server, with prior knowledge, over any stream of bytes. Knows frames,
 * windows and streams, and nothing of what is said on them. Nothing is pushed, and priorities are not heeded.
 */
import { messageOf } from "../errors/errors.ts";
import { Budget } from "./budget.ts";
import type { ByteSink } from "./byte-sink.ts";
import { CODE, ConnectionError, codeName, StreamError } from "./errors.ts";
import { needConnection, needSize, needStream } from "./frame-checks.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  DEFAULT_WINDOW,
  FLAG,
  type Frame,
  goAway,
  hasFlag,
  MAX_WINDOW,
  PREFACE,
  rstStream,
  TYPE,
  uint32At,
  windowUpdate,
} from "./frames.ts";
import { type HeaderBlock, HeaderBlocks } from "./header-block.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import type { Field } from "./hpack/table.ts";
import { unpad } from "./padding.ts";
import { Preface } from "./preface.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { Sender } from "./sender.ts";
import { applySettings, encodeSettings, INITIAL_SETTINGS, type Settings } from "./settings.ts";
import { Stream, type StreamEvents, type StreamHost } from "./stream.ts";

const OUR_SETTINGS: Settings = {
  ...{ tableSize: INITIAL_SETTINGS.tableSize, push: 0, maxStreams: 10_000 },
  ...{ window: 1 << 20, maxFrameSize: 64 << 10, maxListSize: 64 << 10 },
};
const CONNECTION_WINDOW = 16 << 20;
/** Bytes of all streams that their users have not taken yet; beyond that the other side gets no more room. */
const MAX_UNREAD = 64 << 20;
/** Answers (to pings and the like) that wait for one who does not read. */
const MAX_PENDING = 4 << 20;
const MAX_STREAM_ID = 0x7fff_ffff;

export interface ConnectionOptions {
  sink: ByteSink;
  /** Makes it a server's: called with the fields of each new request; returns who hears of the rest. */
  accept?: (stream: Stream, fields: readonly Field[], ended: boolean) => StreamEvents;
  /** The connection is over; every stream has been told before. Without an error, it was closed in good order. */
  closed?: (error: Error | undefined) => void;
}

export class Connection implements StreamHost {
  readonly #options: ConnectionOptions;
  readonly #budget = new Budget();
  readonly #sender: Sender;
  readonly #reader = new FrameReader(OUR_SETTINGS.maxFrameSize);
  readonly #blocks = new HeaderBlocks();
  readonly #decoder = new HpackDecoder(OUR_SETTINGS.maxListSize);
  readonly #window = new ReceiveWindow(CONNECTION_WINDOW);
  readonly #streams = new Map<number, Stream>();
  /** Requests that wait until the other side allows one more stream. */
  readonly #waiting = new Map<Stream, readonly Field[]>();
  readonly #preface: Preface | undefined;
  /** Whether the other side's first SETTINGS have come. */
  #settled = false;
  #unread = 0;
  /** Bytes for which room is only announced once `unread` has shrunk. */
  #withheld = 0;
  #nextId = 1;
  /** The last stream that the other side has opened. */
  #lastId = 0;
  /** No stream may be opened any more, by us or by the other side. */
  #goingAway = false;
  #over = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#sender = new Sender(
      options.sink,
      () => this.#budget.earn(),
      () => this.#closeWhenIdle(),
    );
    if (options.accept) this.#preface = new Preface();
    else this.#sender.raw(Buffer.from(PREFACE));
    const { push, ...settings } = OUR_SETTINGS;
    this.#sender.frame(TYPE.SETTINGS, 0, 0, encodeSettings(options.accept ? settings : OUR_SETTINGS));
    this.#sender.frame(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(CONNECTION_WINDOW - DEFAULT_WINDOW));
  }

  /** Whether new streams can be opened. */
  get usable(): boolean {
    return !this.#over && !this.#goingAway && this.#nextId <= MAX_STREAM_ID;
  }

  /** How many streams are under way or wait for their turn. */
  get streamCount(): number {
    return this.#streams.size + this.#waiting.size;
  }

  /** A client's: opens a stream with these fields. Errors: StreamError when the connection takes none any more. */
  open(fields: readonly Field[], events: StreamEvents): Stream {
    if (!this.usable)
      throw new StreamError(CODE.REFUSED_STREAM, "the connection is closing", { unprocessed: true });
    const stream = new Stream(this, this.#sender.settings.window, OUR_SETTINGS.window);
    stream.events = events;
    this.#waiting.set(stream, fields);
    this.#startWaiting();
    return stream;
  }

  /** The next bytes from the other side. */
  receive(bytes: Uint8Array): void {
    if (this.#over) return;
    try {
      const rest = this.#preface ? this.#preface.pass(bytes) : bytes;
      this.#reader.push(rest, (frame) => {
        if (!this.#over) this.#frame(frame);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The sink has room again. */
  drained(): void {
    this.#sender.drained();
  }

  /** The other side has ended the stream of bytes, or it broke. */
  ended(error?: Error): void {
    const clean = this.streamCount === 0 && error === undefined;
    this.#finish(clean ? undefined : (error ?? new Error("the other side closed the connection")));
  }

  /** Takes no new streams, and closes once those under way are done. */
  close(): void {
    if (this.#over) return;
    if (!this.#goingAway) this.#goAway(CODE.NO_ERROR, "");
    this.#closeWhenIdle();
  }

  /** Ends all streams and the connection at once. */
  destroy(code: number = CODE.NO_ERROR, why = "the connection was closed"): void {
    this.#fail(new ConnectionError(code, why));
  }

  // What streams need (StreamHost).

  writeFields(stream: Stream, fields: readonly Field[], end: boolean): void {
    this.#sender.fields(stream, fields, end);
  }

  schedule(stream: Stream): void {
    if (stream.id !== 0) this.#sender.schedule(stream);
  }

  announceWindow(stream: Stream, increment: number): void {
    this.#sender.frame(TYPE.WINDOW_UPDATE, 0, stream.id, windowUpdate(increment));
  }

  released(bytes: number): void {
    this.#unread -= bytes;
    if (this.#withheld === 0 || this.#unread * 2 > MAX_UNREAD) return;
    const withheld = this.#withheld;
    this.#withheld = 0;
    this.#credit(withheld);
  }

  writeReset(stream: Stream, code: number): void {
    if (stream.id !== 0) this.#sender.frame(TYPE.RST_STREAM, 0, stream.id, rstStream(code));
  }

  over(stream: Stream): void {
    this.#waiting.delete(stream);
    this.#streams.delete(stream.id);
    this.#sender.drop(stream);
    this.#startWaiting();
    this.#closeWhenIdle();
  }

  #startWaiting(): void {
    for (const [stream, fields] of this.#waiting) {
      if (this.#over || this.#streams.size >= this.#sender.settings.maxStreams) return;
      this.#waiting.delete(stream);
      stream.id = this.#nextId;
      this.#nextId += 2;
      this.#streams.set(stream.id, stream);
      this.writeFields(stream, fields, false);
      if (stream.ready) this.schedule(stream);
    }
  }

  #goAway(code: number, why: string): void {
    this.#goingAway = true;
    this.#sender.frame(TYPE.GOAWAY, 0, 0, goAway(this.#lastId, code, why));
  }

  #frame(frame: Frame): void {
    if (!this.#settled && (frame.type !== TYPE.SETTINGS || hasFlag(frame, FLAG.ACK)))
      throw new ConnectionError(CODE.PROTOCOL_ERROR, "the first frame is not SETTINGS");
    this.#blocks.expect(frame);
    switch (frame.type) {
      case TYPE.DATA:
        return this.#data(frame);
      case TYPE.HEADERS:
      case TYPE.CONTINUATION:
        return this.#headers(frame);
      case TYPE.RST_STREAM:
        return this.#rstStream(frame);
      case TYPE.SETTINGS:
        return this.#settings(frame);
      case TYPE.PUSH_PROMISE:
        throw new ConnectionError(CODE.PROTOCOL_ERROR, "a push, which was not allowed");
      case TYPE.PING:
        return this.#ping(frame);
      case TYPE.GOAWAY:
        return this.#theyGoAway(frame);
      case TYPE.WINDOW_UPDATE:
        return this.#windowUpdate(frame);
      case TYPE.PRIORITY:
        needStream(frame);
        needSize(frame, 5);
        return this.#spend();
      default:
        // What a later version may bring is passed over (section 4.1).
        return this.#spend();
    }
  }

  #data(frame: Frame): void {
    needStream(frame);
    const size = frame.payload.length;
    if (!this.#window.take(size))
      throw new ConnectionError(CODE.FLOW_CONTROL_ERROR, "more data than the connection's window");
    const piece = unpad(frame);
    const ended = hasFlag(frame, FLAG.END_STREAM);
    this.#unread += size;
    if (this.#unread > MAX_UNREAD) this.#withheld += size;
    else this.#credit(size);
    if (piece.length > 0) this.#budget.earn();
    else if (!ended) this.#spend();
    const stream = this.#streams.get(frame.streamId);
    if (stream === undefined || stream.remoteEnded) {
      this.released(size);
      this.#toClosed(frame);
    } else if (!stream.receiveData(piece, size, ended)) {
      this.released(size);
      this.#streamError(stream, CODE.FLOW_CONTROL_ERROR, "more data than the stream's window");
    }
  }

  #headers(frame: Frame): void {
    needStream(frame);
    const block = this.#blocks.add(frame);
    if (block === undefined) return;
    // Also of streams that are no more: both sides' tables must stay the same.
    const { fields, tooLarge } = this.#decoder.decode(block.bytes);
    const stream = this.#streams.get(block.streamId);
    if (stream === undefined) this.#newStream(block, fields, tooLarge);
    else if (stream.remoteEnded) this.#streamError(stream, CODE.STREAM_CLOSED, "fields after the end");
    else if (tooLarge) this.#streamError(stream, CODE.ENHANCE_YOUR_CALM, "the header list is too large");
    else if (this.#options.accept && !block.endsStream)
      this.#streamError(stream, CODE.PROTOCOL_ERROR, "trailers that do not end the stream");
    else stream.receiveFields(fields, block.endsStream);
  }

  /** A request begins here, or the block is not for any stream of ours. */
  #newStream({ streamId, endsStream }: HeaderBlock, fields: readonly Field[], tooLarge: boolean): void {
    const { accept } = this.#options;
    if (!accept || streamId <= this.#lastId) return this.#toClosed({ type: TYPE.HEADERS, streamId });
    if (streamId % 2 === 0)
      throw new ConnectionError(CODE.PROTOCOL_ERROR, `a client's stream with the number ${streamId}`);
    // The GOAWAY that is on its way tells that this one was not looked at.
    if (this.#goingAway) return this.#spend();
    this.#lastId = streamId;
    const refusal = this.#streams.size >= OUR_SETTINGS.maxStreams ? CODE.REFUSED_STREAM : undefined;
    const code = tooLarge ? CODE.ENHANCE_YOUR_CALM : refusal;
    if (code !== undefined) {
      this.#spend();
      this.#sender.frame(TYPE.RST_STREAM, 0, streamId, rstStream(code));
      return;
    }
    const stream = new Stream(this, this.#sender.settings.window, OUR_SETTINGS.window);
    stream.id = streamId;
    this.#streams.set(streamId, stream);
    if (endsStream) stream.receiveFields(fields, true);
    stream.events = accept(stream, fields, endsStream);
  }

  #rstStream(frame: Frame): void {
    needStream(frame);
    needSize(frame, 4);
    this.#spend();
    const code = uint32At(frame.payload, 0);
    const stream = this.#streams.get(frame.streamId);
    if (stream) stream.abort(new StreamError(code, `the other side reset the stream: ${codeName(code)}`));
    else this.#toClosed(frame);
  }

  #settings(frame: Frame): void {
    needConnection(frame);
    if (hasFlag(frame, FLAG.ACK)) return needSize(frame, 0);
    this.#spend();
    const before = this.#sender.settings;
    this.#sender.settings = applySettings(before, frame.payload);
    this.#settled = true;
    this.#sender.frame(TYPE.SETTINGS, FLAG.ACK, 0, new Uint8Array(0));
    const wider = this.#sender.settings.window - before.window;
    for (const stream of [...this.#streams.values(), ...this.#waiting.keys()]) stream.widen(wider);
    this.#startWaiting();
  }

  #ping(frame: Frame): void {
    needConnection(frame);
    needSize(frame, 8);
    this.#spend();
    if (!hasFlag(frame, FLAG.ACK)) this.#sender.frame(TYPE.PING, FLAG.ACK, 0, frame.payload);
  }

  #theyGoAway(frame: Frame): void {
    needConnection(frame);
    if (frame.payload.length < 8) throw new ConnectionError(CODE.FRAME_SIZE_ERROR, "GOAWAY is too short");
    this.#goingAway = true;
    const lastId = uint32At(frame.payload, 0) & MAX_STREAM_ID;
    const code = uint32At(frame.payload, 4);
    const why = Buffer.from(frame.payload.subarray(8)).toString();
    const text = `the other side goes away: ${codeName(code)}${why === "" ? "" : `, ${why}`}`;
    const error = new StreamError(code, text, { unprocessed: true });
    const late = [...this.#streams.values()].filter(({ id }) => id > lastId && !this.#options.accept);
    for (const stream of [...this.#takeWaiting(), ...late]) stream.abort(error);
    this.#closeWhenIdle();
  }

  #windowUpdate(frame: Frame): void {
    needSize(frame, 4);
    const increment = uint32At(frame.payload, 0) & MAX_WINDOW;
    if (frame.streamId !== 0) return this.#widenStream(frame, increment);
    if (increment === 0) throw new ConnectionError(CODE.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing");
    this.#sender.widen(increment);
  }

  #widenStream(frame: Frame, increment: number): void {
    const stream = this.#streams.get(frame.streamId);
    if (stream === undefined) return this.#toClosed(frame);
    if (increment === 0) return this.#streamError(stream, CODE.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing");
    try {
      stream.widen(increment);
    } catch (error) {
      this.#streamError(stream, CODE.FLOW_CONTROL_ERROR, messageOf(error));
    }
  }

  /** A frame for a stream that is not open: late for one that is over, or a fault. */
  #toClosed({ type, streamId }: Pick<Frame, "type" | "streamId">): void {
    const newest = this.#options.accept ? this.#lastId : this.#nextId - 2;
    if (streamId % 2 === 0 || (streamId > newest && !this.#goingAway))
      throw new ConnectionError(
        CODE.PROTOCOL_ERROR,
        `frame of type ${type} on stream ${streamId}, which is idle`,
      );
    this.#spend();
  }

  #streamError(stream: Stream, code: number, message: string): void {
    this.#spend();
    this.writeReset(stream, code);
    stream.abort(new StreamError(code, `HTTP/2 ${codeName(code)}: ${message}`));
  }

  #credit(bytes: number): void {
    const increment = this.#window.credit(bytes);
    if (increment > 0) this.#sender.frame(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(increment));
  }

  #spend(): void {
    if (!this.#budget.spend() || this.#sender.pending > MAX_PENDING)
      throw new ConnectionError(CODE.ENHANCE_YOUR_CALM, "too many frames that bring nothing");
  }

  #takeWaiting(): Stream[] {
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    return waiting;
  }

  #closeWhenIdle(): void {
    if (this.#goingAway && this.streamCount === 0 && this.#sender.pending === 0) this.#finish(undefined);
  }

  #fail(error: unknown): void {
    const fault =
      error instanceof ConnectionError ? error : new ConnectionError(CODE.INTERNAL_ERROR, messageOf(error));
    this.#finish(error instanceof Error ? error : fault, fault);
  }

  /** Tells every stream, and the other side when the fault is its own or ours. */
  #finish(error: Error | undefined, fault?: ConnectionError): void {
    if (this.#over) return;
    this.#over = true;
    if (fault) {
      this.#goAway(fault.code, fault.message);
      this.#sender.flush();
    }
    const reason = fault ?? new ConnectionError(CODE.NO_ERROR, error?.message ?? "the connection was closed");
    for (const stream of [...this.#takeWaiting(), ...this.#streams.values()]) stream.abort(reason);
    this.#sender.end();
    this.#options.closed?.(error);
  }
}
