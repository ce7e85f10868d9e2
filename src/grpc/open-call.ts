import type { DeepPartial } from "../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf } from "../protobuf/service.ts";
import type { Channel } from "./channel.ts";
import { type CallOptions, ClientCall } from "./client-call.ts";
import { Inbox } from "./inbox.ts";

/** A call in which both sides send messages, when it suits them. */
export interface OpenCall<Request, Response> {
  /** Resolves when there is room for more; also when the call is over, of which `messages` tells. */
  send(message: DeepPartial<Request>): Promise<void>;
  /** No more messages follow. */
  end(): void;
  /** What the other side sends, to its end. Errors: by the call's status. Leaving the loop gives the call up. */
  readonly messages: AsyncIterable<Response>;
  /** Gives the call up, unless it is over. */
  cancel(): void;
}

/** Calls a method of a service by messages of which each is sent and taken by hand. */
export function openCall<M extends MethodDefinition>(
  channel: Channel,
  service: { readonly fullName: string },
  method: M,
  options: CallOptions = {},
): OpenCall<RequestOf<M>, ResponseOf<M>> {
  /** Resolves when the stream is open, or the call is over before it. */
  const ready = Promise.withResolvers<void>();
  const inbox = new Inbox<ResponseOf<M>>({
    decode: (bytes) => method.responseType.decode(bytes) as ResponseOf<M>,
    consumed: (bytes) => call.consumed(bytes),
    left: () => call.cancel(),
  });
  const call = new ClientCall(options, {
    message: (bytes) => inbox.push(bytes),
    received: (bytes) => inbox.received(bytes),
    ended(error) {
      inbox.end(error);
      ready.resolve();
    },
  });
  call.start(channel, `/${service.fullName}/${method.name}`, ready.resolve);
  return {
    async send(message) {
      await ready.promise;
      if (call.over) return;
      if (!call.send(method.requestType.encode(message))) await call.room();
    },
    end: () => void ready.promise.then(() => call.close()),
    messages: inbox,
    cancel: () => call.cancel(),
  };
}
