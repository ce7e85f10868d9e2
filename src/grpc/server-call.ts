import { deadline, invalidArgument } from "../errors/errors.ts";
import type { Field } from "../http2/hpack/table.ts";
import type { Stream, StreamEvents } from "../http2/stream.ts";
import { MessageReader, prefixOf } from "./framing.ts";
import { Inbox } from "./inbox.ts";
import type { CallContext, Method } from "./service.ts";
import { fieldValue, OK, trailersOf } from "./status.ts";
import { decodeTimeout } from "./timeout.ts";

const RESPONSE: readonly Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];
/** The longest that a timer can be set to, in milliseconds. */
const LONGEST_TIMER = 0x7fff_ffff;

/** A call's context; most handlers have no use for the signal, so it is made when it is asked for. */
class Context implements CallContext {
  readonly fields: readonly Field[];
  readonly namespace: string;
  readonly lease: string;
  #abort: AbortController | undefined;
  #left = false;

  constructor(fields: readonly Field[]) {
    this.fields = fields;
    this.namespace = fieldValue(fields, "containerd-namespace") ?? "";
    this.lease = fieldValue(fields, "containerd-lease") ?? "";
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#left) this.#abort.abort();
    return this.#abort.signal;
  }

  get left(): boolean {
    return this.#left;
  }

  leave(): void {
    this.#left = true;
    this.#abort?.abort();
  }
}

/** One call, from its request to its status. */
export class ServerCall implements StreamEvents {
  readonly #stream: Stream;
  readonly #method: Method;
  readonly #context: Context;
  readonly #reader = new MessageReader();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  /** Requests for a handler that takes many. */
  readonly #inbox: Inbox<unknown> | undefined;
  /** The request for a handler that takes one. */
  #request: Uint8Array | undefined;
  #begun = false;
  #over = false;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(stream: Stream, method: Method, fields: readonly Field[]) {
    this.#stream = stream;
    this.#method = method;
    this.#context = new Context(fields);
    if (method.definition.requestStream) this.#inbox = this.#makeInbox();
    const timeout = decodeTimeout(fieldValue(fields, "grpc-timeout") ?? "");
    if (timeout !== undefined && timeout < LONGEST_TIMER)
      this.#timer = setTimeout(() => this.#end(deadline("context deadline exceeded")), timeout);
  }

  /** The request's fields are all there is so far; with `ended` they are all there will be. */
  start(ended: boolean): void {
    if (this.#inbox) void this.#run(this.#inbox);
    if (ended) this.#requestEnded();
  }

  /** Trailers of the request: they say nothing. */
  fields(_fields: readonly Field[], ended: boolean): void {
    if (ended) this.#requestEnded();
  }

  data(piece: Uint8Array, ended: boolean): void {
    if (this.#over) return;
    try {
      this.#reader.push(piece, (message) => this.#receive(message));
    } catch (error) {
      return this.#end(error);
    }
    if (this.#inbox) this.#inbox.received(piece.length);
    else this.#stream.consumed(piece.length);
    if (ended) this.#requestEnded();
  }

  writable(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  aborted(): void {
    this.#finish();
  }

  #makeInbox(): Inbox<unknown> {
    return new Inbox<unknown>({
      decode: (bytes) => this.#method.definition.requestType.decode(bytes),
      consumed: (bytes) => this.#stream.consumed(bytes),
      // What the client sends beyond is not wanted; the status, which is still to come, tells it to stop.
      left: () => {},
    });
  }

  #receive(message: Uint8Array): void {
    if (this.#inbox) this.#inbox.push(message);
    else if (this.#request) throw invalidArgument("more than one request in a call that takes one");
    else this.#request = message;
  }

  #requestEnded(): void {
    if (this.#over) return;
    if (this.#reader.within) return this.#end(invalidArgument("the request ends within a message"));
    if (this.#inbox) return this.#inbox.end();
    if (!this.#request) return this.#end(invalidArgument("the call has no request"));
    try {
      void this.#run(this.#method.definition.requestType.decode(this.#request));
    } catch (error) {
      this.#end(error);
    }
  }

  /** Calls the handler and sends what it answers. Never rejects. */
  async #run(input: unknown): Promise<void> {
    try {
      const handler = await this.#method.load();
      if (this.#over) return;
      const answer = handler(input, this.#context);
      if (this.#method.definition.responseStream) await this.#sendAll(answer as AsyncIterable<unknown>);
      else this.#send(await answer);
      this.#end(undefined);
    } catch (error) {
      this.#end(error);
    }
  }

  async #sendAll(responses: AsyncIterable<unknown>): Promise<void> {
    // At once: a subscriber may take the fields as the sign that it has been heard.
    this.#begin();
    for await (const response of responses) {
      if (this.#over) return;
      if (!this.#send(response)) await this.#untilRoom();
    }
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#stream.sendFields(RESPONSE);
  }

  /** Returns false when the client takes no more for now. */
  #send(response: unknown): boolean {
    if (this.#over) return true;
    const message = this.#method.definition.responseType.encode(response);
    const prefix = prefixOf(message.length);
    this.#begin();
    this.#stream.send(prefix);
    return this.#stream.send(message);
  }

  #untilRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  #end(error: unknown): void {
    if (this.#over) return;
    const status = error === undefined ? OK : trailersOf(error);
    this.#stream.end(this.#begun ? status : [...RESPONSE, ...status], { stop: true });
    this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#context.leave();
    this.#inbox?.end();
    this.writable();
  }
}
