/**
 * gRPC clients: `const tasks = createClient(TasksDefinition, channel)`, then
 * `await tasks.start({ containerId }, { namespace: "moby" })`. Calls that answer with a stream are async
 * iterables with back-pressure; leaving the loop cancels the call.
 */
import { type EngineError, systemError } from "../errors/errors.ts";
import type { DeepPartial } from "../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from "../protobuf/service.ts";
import type { Channel } from "./channel.ts";
import { type CallOptions, ClientCall, type Receiver } from "./client-call.ts";
import { Inbox } from "./inbox.ts";

export { type Channel, channelOver, connect } from "./channel.ts";
export type { CallOptions, Metadata } from "./client-call.ts";

type UnaryCall<M extends MethodDefinition> = (
  request: DeepPartial<RequestOf<M>>,
  options?: CallOptions,
) => Promise<ResponseOf<M>>;

type StreamCall<M extends MethodDefinition> = (
  request: DeepPartial<RequestOf<M>>,
  options?: CallOptions,
) => AsyncIterable<ResponseOf<M>>;

/** Requests are pulled from the iterable as fast as the server takes them. */
type ClientStreamCall<M extends MethodDefinition> = (
  requests: AsyncIterable<DeepPartial<RequestOf<M>>>,
  options?: CallOptions,
) => Promise<ResponseOf<M>>;

type DuplexCall<M extends MethodDefinition> = (
  requests: AsyncIterable<DeepPartial<RequestOf<M>>>,
  options?: CallOptions,
) => AsyncIterable<ResponseOf<M>>;

type CallOf<M extends MethodDefinition> = M["requestStream"] extends true
  ? M["responseStream"] extends true
    ? DuplexCall<M>
    : ClientStreamCall<M>
  : M["responseStream"] extends true
    ? StreamCall<M>
    : UnaryCall<M>;

export type ServiceClient<S extends ServiceDefinition> = {
  readonly [K in keyof S["methods"]]: CallOf<S["methods"][K]>;
};

/** Sends what a call asks, once its stream is open. */
type Ask = (call: ClientCall) => void;

interface Target {
  channel: Channel;
  path: string;
  method: MethodDefinition;
}

function askOnce(method: MethodDefinition, request: object): Ask {
  const message = method.requestType.encode(request);
  return (call) => {
    call.send(message);
    call.close();
  };
}

function askMany(method: MethodDefinition, requests: AsyncIterable<object>): Ask {
  const send = async (call: ClientCall) => {
    for await (const request of requests) {
      if (call.over) return;
      if (!call.send(method.requestType.encode(request))) await call.room();
    }
    call.close();
  };
  return (call) => void send(call).catch((error) => call.fail(error));
}

/** A call that is answered by one message. */
function answerOnce(
  { channel, path, method }: Target,
  ask: () => Ask,
  options: CallOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answer: Uint8Array | undefined;
    const receiver: Receiver = {
      message: (bytes) => {
        answer = bytes;
      },
      received: (bytes) => call.consumed(bytes),
      ended(error) {
        if (error) reject(error);
        else if (answer === undefined) reject(systemError(`${path}: the server answered without a message`));
        else resolve(answer);
      },
    };
    const send = ask();
    const call = new ClientCall(options, receiver);
    call.start(channel, path, () => send(call));
  }).then((bytes) => method.responseType.decode(bytes as Uint8Array));
}

/** A call that is answered by many messages. */
function answerMany(target: Target, ask: () => Ask, options: CallOptions): AsyncIterable<unknown> {
  const { channel, path, method } = target;
  const inbox = new Inbox({
    decode: (bytes) => method.responseType.decode(bytes) as unknown,
    consumed: (bytes) => call.consumed(bytes),
    left: () => call.cancel(),
  });
  const receiver: Receiver = {
    message: (bytes) => inbox.push(bytes),
    received: (bytes) => inbox.received(bytes),
    ended: (error: EngineError | undefined) => inbox.end(error),
  };
  const call = new ClientCall(options, receiver);
  const send = ask();
  call.start(channel, path, () => send(call));
  return inbox;
}

/** A client of one service. All calls reject with EngineErrors of the kind that the server's status tells. */
export function createClient<S extends ServiceDefinition>(service: S, channel: Channel): ServiceClient<S> {
  const client: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const target = { channel, path: `/${service.fullName}/${method.name}`, method };
    const ask = (input: object) => () =>
      method.requestStream ? askMany(method, input as AsyncIterable<object>) : askOnce(method, input);
    const answer = method.responseStream ? answerMany : answerOnce;
    client[key] = (input: object, options: CallOptions = {}) => answer(target, ask(input), options);
  }
  return client as ServiceClient<S>;
}
