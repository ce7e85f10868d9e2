/**
 * gRPC clients: `const tasks = createClient(TasksDefinition, channel)`, then
 * `await tasks.start({ containerId }, { namespace: "moby" })`. Calls that answer with a stream are async
 * iterables with back-pressure; leaving the loop cancels the call.
 */
import { Client, type ClientOptions, credentials, Metadata } from "@grpc/grpc-js";
import type {
  DeepPartial,
  MethodDefinition,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
} from "./definition.ts";
import { fromGrpcError } from "./error.ts";

export interface CallOptions {
  /** The containerd namespace to act in. */
  namespace?: string;
  /** The lease that keeps what the call makes. */
  lease?: string;
  /** Milliseconds until the call fails with kind "deadline". */
  timeout?: number;
  signal?: AbortSignal;
}

type UnaryCall<M extends MethodDefinition> = (
  request: DeepPartial<RequestOf<M>>,
  options?: CallOptions,
) => Promise<ResponseOf<M>>;

type StreamCall<M extends MethodDefinition> = (
  request: DeepPartial<RequestOf<M>>,
  options?: CallOptions,
) => AsyncIterable<ResponseOf<M>>;

/** Both sides stream: requests are pulled from the iterable as fast as the server takes them. */
type DuplexCall<M extends MethodDefinition> = (
  requests: AsyncIterable<DeepPartial<RequestOf<M>>>,
  options?: CallOptions,
) => AsyncIterable<ResponseOf<M>>;

type CallOf<M extends MethodDefinition> = M["requestStream"] extends true
  ? DuplexCall<M>
  : M["responseStream"] extends true
    ? StreamCall<M>
    : UnaryCall<M>;

export type ServiceClient<S extends ServiceDefinition> = {
  readonly [K in keyof S["methods"]]: CallOf<S["methods"][K]>;
};

export type Channel = Client;

/** Opens a connection to a gRPC socket (a path); it connects at the first call and reconnects by itself. */
export function connect(socket: string, options: ClientOptions = {}): Channel {
  return new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": 64 << 20,
    "grpc.max_send_message_length": 64 << 20,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.default_authority": "localhost",
    ...options,
  });
}

function metadataOf(options: CallOptions): Metadata {
  const metadata = new Metadata();
  if (options.namespace !== undefined) {
    metadata.set("containerd-namespace", options.namespace);
    metadata.set("containerd-namespace-ttrpc", options.namespace);
  }
  if (options.lease !== undefined) metadata.set("containerd-lease", options.lease);
  return metadata;
}

function deadlineOf(options: CallOptions): { deadline?: number } {
  return options.timeout === undefined ? {} : { deadline: Date.now() + options.timeout };
}

const serializerOf = (method: MethodDefinition) => (request: object) =>
  Buffer.from(method.requestType.encode(method.requestType.fromPartial(request)).finish());
const deserializerOf = (method: MethodDefinition) => (bytes: Buffer) => method.responseType.decode(bytes);

function unary(channel: Channel, path: string, method: MethodDefinition) {
  const serialize = serializerOf(method);
  const deserialize = deserializerOf(method);
  return (request: object, options: CallOptions = {}) =>
    new Promise<unknown>((resolve, reject) => {
      const call = channel.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        metadataOf(options),
        deadlineOf(options),
        (error, response) => {
          options.signal?.removeEventListener("abort", abort);
          if (error) reject(fromGrpcError(error));
          else resolve(response);
        },
      );
      const abort = () => call.cancel();
      if (options.signal?.aborted) abort();
      else options.signal?.addEventListener("abort", abort, { once: true });
    });
}

interface ReadableCall extends AsyncIterable<unknown> {
  cancel(): void;
  destroy(error: Error): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

function responsesOf(call: ReadableCall, signal: AbortSignal | undefined): AsyncIterable<unknown> {
  // grpc-js only emits the error; a loop that starts later would wait for ever without the stream destroyed.
  call.on("error", (error) => call.destroy(error));
  const abort = () => call.cancel();
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return iterate(call, () => signal?.removeEventListener("abort", abort));
}

async function* iterate(call: ReadableCall, done: () => void): AsyncIterable<unknown> {
  try {
    yield* call;
  } catch (error) {
    throw fromGrpcError(error);
  } finally {
    done();
    call.cancel();
  }
}

function serverStream(channel: Channel, path: string, method: MethodDefinition) {
  const serialize = serializerOf(method);
  const deserialize = deserializerOf(method);
  return (request: object, options: CallOptions = {}) =>
    responsesOf(
      channel.makeServerStreamRequest(
        path,
        serialize,
        deserialize,
        request,
        metadataOf(options),
        deadlineOf(options),
      ),
      options.signal,
    );
}

function duplex(channel: Channel, path: string, method: MethodDefinition) {
  const serialize = serializerOf(method);
  const deserialize = deserializerOf(method);
  return (requests: AsyncIterable<object>, options: CallOptions = {}) => {
    const call = channel.makeBidiStreamRequest(
      path,
      serialize,
      deserialize,
      metadataOf(options),
      deadlineOf(options),
    );
    const send = async () => {
      for await (const request of requests) {
        if (!call.write(request)) await new Promise((resolve) => call.once("drain", resolve));
      }
      call.end();
    };
    send().catch(() => call.cancel());
    return responsesOf(call, options.signal);
  };
}

/** A client of one service. All calls reject with EngineErrors of the kind that the server's status tells. */
export function createClient<S extends ServiceDefinition>(service: S, channel: Channel): ServiceClient<S> {
  const client: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const path = `/${service.fullName}/${method.name}`;
    const make = method.requestStream ? duplex : method.responseStream ? serverStream : unary;
    client[key] = make(channel, path, method);
  }
  return client as ServiceClient<S>;
}
