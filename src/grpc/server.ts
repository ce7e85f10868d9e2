/**
 * gRPC servers: a service is a generated definition and an object with one function a method. Functions
 * throw errors with a kind; the status is chosen here and nowhere else.
 */
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedHandleCall,
  type ServiceDefinition as WireDefinition,
} from "@grpc/grpc-js";
import { kindOf, messageOf } from "../errors/errors.ts";
import { GRPC_CODE } from "../errors/grpc.ts";
import type {
  DeepPartial,
  MethodDefinition,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
} from "./definition.ts";

/** What a call carries beside its request. */
export interface CallContext {
  /** The containerd namespace; empty when the client named none. */
  namespace: string;
  /** The lease that keeps what the call makes; empty for none. */
  lease: string;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
}

type UnaryHandler<M extends MethodDefinition> = (
  request: RequestOf<M>,
  context: CallContext,
) => DeepPartial<ResponseOf<M>> | Promise<DeepPartial<ResponseOf<M>>>;

type StreamHandler<M extends MethodDefinition> = (
  request: RequestOf<M>,
  context: CallContext,
) => AsyncIterable<DeepPartial<ResponseOf<M>>>;

type DuplexHandler<M extends MethodDefinition> = (
  requests: AsyncIterable<RequestOf<M>>,
  context: CallContext,
) => AsyncIterable<DeepPartial<ResponseOf<M>>>;

type HandlerOf<M extends MethodDefinition> = M["requestStream"] extends true
  ? DuplexHandler<M>
  : M["responseStream"] extends true
    ? StreamHandler<M>
    : UnaryHandler<M>;

export type ServiceHandlers<S extends ServiceDefinition> = {
  readonly [K in keyof S["methods"]]: HandlerOf<S["methods"][K]>;
};

/** A definition with its handlers, which are loaded at the service's first call. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly load: () => Promise<Record<string, unknown>>;
}

/** Pairs a definition with handlers of the types it asks for. */
export function service<S extends ServiceDefinition>(
  definition: S,
  load: () => ServiceHandlers<S> | Promise<ServiceHandlers<S>>,
): Service {
  let loaded: Promise<Record<string, unknown>> | undefined;
  return { definition, load: () => (loaded ??= Promise.resolve(load())) };
}

interface AnyCall {
  metadata: Metadata;
  on(event: "cancelled", listener: () => void): unknown;
}

function contextOf(call: AnyCall): CallContext {
  const abort = new AbortController();
  call.on("cancelled", () => abort.abort());
  const first = (key: string) => call.metadata.get(key)[0]?.toString() ?? "";
  return {
    namespace: first("containerd-namespace"),
    lease: first("containerd-lease"),
    signal: abort.signal,
  };
}

const statusOf = (error: unknown) => ({
  code: GRPC_CODE[kindOf(error)],
  details: messageOf(error),
  metadata: new Metadata(),
});

type Loader = () => Promise<(input: unknown, context: CallContext) => unknown>;

function unary(load: Loader): UntypedHandleCall {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
    const run = async () => (await load())(call.request, contextOf(call));
    run().then(
      (response) => callback(null, response),
      (error) => callback(statusOf(error)),
    );
  };
}

type Outgoing = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

function untilWritable(call: Outgoing, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      call.off("drain", done);
      resolve();
    };
    call.once("drain", done);
    signal.addEventListener("abort", done);
  });
}

function stream(load: Loader, inputOf: (call: Outgoing) => unknown): UntypedHandleCall {
  return (call: Outgoing) => {
    const context = contextOf(call);
    // Headers at once: a subscriber may take them as the sign that it has been heard.
    call.sendMetadata(new Metadata());
    const run = async () => {
      const responses = (await load())(inputOf(call), context) as AsyncIterable<unknown>;
      for await (const response of responses) {
        if (context.signal.aborted) return;
        if (!call.write(response)) await untilWritable(call, context.signal);
      }
    };
    run().then(
      () => call.end(),
      (error) => call.emit("error", statusOf(error)),
    );
  };
}

/** The requests of a call; a loop that is left early must not destroy the stream, which has a status to send yet. */
function requestsOf(call: AsyncIterable<unknown>): AsyncIterable<unknown> {
  const requests = call[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => requests.next() }) };
}

const requestOf = (call: Outgoing) =>
  "request" in call ? call.request : requestsOf(call as AsyncIterable<unknown>);

function wireMethod(serviceName: string, method: MethodDefinition): WireDefinition[string] {
  const codec = (type: MethodDefinition["requestType"]) => ({
    serialize: (value: object) => Buffer.from(type.encode(type.fromPartial(value)).finish()),
    deserialize: (bytes: Buffer) => type.decode(bytes),
  });
  const request = codec(method.requestType);
  const response = codec(method.responseType);
  return {
    path: `/${serviceName}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

function addService(server: Server, { definition, load }: Service, onCall: () => void): void {
  const wire: Record<string, WireDefinition[string]> = {};
  const handlers: Record<string, UntypedHandleCall> = {};
  for (const [key, method] of Object.entries(definition.methods)) {
    wire[key] = wireMethod(definition.fullName, method);
    const handler: Loader = async () => {
      onCall();
      return (await load())[key] as Awaited<ReturnType<Loader>>;
    };
    handlers[key] = method.responseStream ? stream(handler, requestOf) : unary(handler);
  }
  server.addService(wire, handlers);
}

export interface GrpcServer {
  /** Answers what is under way, at most `grace` milliseconds, and removes the socket. */
  close(grace: number): Promise<void>;
}

/** Serves on a unix socket, which must not exist. `onCall` runs at the start of each call. */
export async function serveGrpc(
  socket: string,
  services: readonly Service[],
  onCall: () => void = () => {},
): Promise<GrpcServer> {
  const server = new Server({
    "grpc.max_receive_message_length": 64 << 20,
    "grpc.max_send_message_length": 64 << 20,
  });
  for (const one of services) addService(server, one, onCall);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return {
    close: (grace) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), grace);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
