import { cancelled, deadline, type EngineError } from "../errors/errors.ts";
import type { Connection } from "../http2/connection.ts";
import { CODE, type ConnectionError, type StreamError } from "../http2/errors.ts";
import type { Field } from "../http2/hpack/table.ts";
import type { Stream, StreamEvents } from "../http2/stream.ts";
import { asError } from "./as-error.ts";
import type { Channel } from "./channel.ts";
import { MessageReader, prefixOf } from "./framing.ts";
import { errorOfAbort, errorOfResponse, errorOfTrailers, fieldValue } from "./status.ts";
import { encodeTimeout } from "./timeout.ts";

export type Metadata = Readonly<Record<string, string | readonly string[]>>;

export interface CallOptions {
  /** The containerd namespace to act in. */
  namespace?: string;
  /** The lease that keeps what the call makes. */
  lease?: string;
  /** Further fields of the request, with names in lower case; several values make several fields. */
  metadata?: Metadata;
  /** Milliseconds until the call fails with kind "deadline". */
  timeout?: number;
  signal?: AbortSignal;
}

/** Who hears of a call's answers. */
export interface Receiver {
  message(bytes: Uint8Array): void;
  /** Bytes came; the receiver answers for call.consumed() of as many. */
  received(bytes: number): void;
  /** Once, and nothing after it. */
  ended(error: EngineError | undefined): void;
}

function requestFields(path: string, authority: string, options: CallOptions): Field[] {
  const fields: Field[] = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", authority],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ];
  if (options.namespace !== undefined) {
    fields.push(["containerd-namespace", options.namespace]);
    fields.push(["containerd-namespace-ttrpc", options.namespace]);
  }
  if (options.lease !== undefined) fields.push(["containerd-lease", options.lease]);
  if (options.timeout !== undefined) fields.push(["grpc-timeout", encodeTimeout(options.timeout)]);
  for (const [name, values] of Object.entries(options.metadata ?? {}))
    for (const value of [values].flat()) fields.push([name, value]);
  return fields;
}

/** One call, from its request to its status. */
export class ClientCall implements StreamEvents {
  readonly #receiver: Receiver;
  readonly #options: CallOptions;
  readonly #reader = new MessageReader();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #stream: Stream | undefined;
  #answered = false;
  #ended = false;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(options: CallOptions, receiver: Receiver) {
    this.#receiver = receiver;
    this.#options = options;
    const { timeout, signal } = options;
    if (timeout !== undefined)
      this.#timer = setTimeout(() => this.#cancel(deadline("context deadline exceeded")), timeout);
    if (signal?.aborted) this.cancel();
    else signal?.addEventListener("abort", this.cancel);
  }

  /** Opens the stream and calls `opened` when it is open, at once if the channel is connected. Errors go to the receiver. */
  start(channel: Channel, path: string, opened: () => void): void {
    try {
      const connection = channel.connection();
      if (!(connection instanceof Promise)) return this.#open(connection, channel, path, opened);
      connection
        .then((made) => this.#open(made, channel, path, opened))
        .catch((error) => this.#end(asError(error)));
    } catch (error) {
      this.#end(asError(error));
    }
  }

  /** Returns false when the caller should wait for room(). Errors: exhausted. */
  send(message: Uint8Array): boolean {
    const stream = this.#stream;
    if (!stream) return true;
    stream.send(prefixOf(message.length));
    return stream.send(message);
  }

  /** No more requests. */
  close(): void {
    this.#stream?.end();
  }

  /** Resolves when more requests may be sent, or the call is over. */
  room(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  get over(): boolean {
    return this.#ended;
  }

  consumed(bytes: number): void {
    this.#stream?.consumed(bytes);
  }

  readonly cancel = (): void => this.#cancel(cancelled("context canceled"));

  /** Ends the call with an error of this side. */
  fail(error: unknown): void {
    this.#cancel(asError(error));
  }

  fields(fields: readonly Field[], ended: boolean): void {
    if (this.#ended) return;
    const informational = !this.#answered && !ended && fieldValue(fields, ":status")?.startsWith("1");
    if (informational) return;
    const failure = this.#answered ? undefined : errorOfResponse(fields);
    this.#answered = true;
    if (failure) this.#cancel(failure);
    else if (ended) this.#end(errorOfTrailers(fields));
  }

  data(piece: Uint8Array, ended: boolean): void {
    if (this.#ended) return;
    try {
      this.#reader.push(piece, (message) => this.#receiver.message(message));
    } catch (error) {
      return this.fail(error);
    }
    this.#receiver.received(piece.length);
    if (ended) this.#end(errorOfTrailers([]));
  }

  writable(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  aborted(error: StreamError | ConnectionError): void {
    this.#end(errorOfAbort(error));
  }

  #open(connection: Connection, channel: Channel, path: string, opened: () => void): void {
    if (this.#ended) return;
    this.#stream = connection.open(requestFields(path, channel.authority, this.#options), this);
    opened();
  }

  #cancel(error: EngineError): void {
    if (this.#ended) return;
    this.#stream?.reset(CODE.CANCEL);
    this.#end(error);
  }

  #end(error: EngineError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.cancel);
    // The status is here: what we have yet to send is not wanted.
    if (this.#stream && !this.#stream.over) this.#stream.reset(CODE.NO_ERROR);
    this.writable();
    this.#receiver.ended(error);
  }
}
