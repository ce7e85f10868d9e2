/**
 * Calls to a client over its session: the connection that it opened by POST /session is turned around, the client is
 * the gRPC server on it. Everything that a build needs of the client's machine is asked for this way.
 */
import type { Duplex } from "node:stream";
import { cancelled, kindOf, unavailable } from "../../../errors/errors.ts";
import { type Channel, channelOver, type Metadata } from "../../../grpc/client.ts";
import { type OpenCall, openCall } from "../../../grpc/open-call.ts";
import type { DeepPartial } from "../../../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf } from "../../../protobuf/service.ts";

/** The names of a method in its service's definition. */
interface Service {
  readonly fullName: string;
}

/** A call in which both sides send messages. */
export type Call<Request, Response> = OpenCall<Request, Response>;

export class SessionConnection {
  readonly #channel: Channel;
  readonly closed: Promise<void>;
  #over = false;

  constructor(socket: Duplex) {
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    this.#channel = channelOver(socket, () => {
      this.#over = true;
      closed.resolve();
    });
  }

  close(): void {
    this.#channel.close();
  }

  /** One request, one response. Errors: by the status that the client gives; unavailable, cancelled. */
  async unary<M extends MethodDefinition>(
    service: Service,
    method: M,
    request: DeepPartial<RequestOf<M>>,
    signal: AbortSignal,
  ): Promise<ResponseOf<M>> {
    const call = this.open(service, method, {}, signal);
    await call.send(request);
    call.end();
    let response: ResponseOf<M> | undefined;
    for await (const message of call.messages) response = message;
    if (response === undefined) throw unavailable(`the client answered nothing to ${method.name}`);
    return response;
  }

  /** Errors: unavailable. */
  open<M extends MethodDefinition>(
    service: Service,
    method: M,
    metadata: Metadata,
    signal: AbortSignal,
  ): Call<RequestOf<M>, ResponseOf<M>> {
    if (this.#over) throw unavailable("the client's session has ended: no active session");
    const call = openCall(this.#channel, service, method, { metadata, signal });
    return { ...call, messages: this.#explained(call.messages, method.name, signal) };
  }

  /** Messages of a call; how it failed is told in a build's words. */
  async *#explained<T>(
    messages: AsyncIterable<T>,
    name: string,
    signal: AbortSignal,
  ): AsyncGenerator<T, void, void> {
    try {
      yield* messages;
    } catch (error) {
      if (signal.aborted) throw cancelled("Build cancelled", { cause: error });
      if (this.#over && kindOf(error) === "unavailable")
        throw unavailable(`the client's session broke off during ${name}`, { cause: error });
      throw error;
    }
  }
}
