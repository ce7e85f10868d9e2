/** Services as servers have them: a generated definition and an object with one function a method. */
import type { Field } from "../http2/hpack/table.ts";
import type { DeepPartial } from "../protobuf/message.ts";
import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from "../protobuf/service.ts";

/** What a call carries beside its request. */
export interface CallContext {
  /** The containerd namespace; empty when the client named none. */
  readonly namespace: string;
  /** The lease that keeps what the call makes; empty for none. */
  readonly lease: string;
  /** Aborts when the client leaves, or its deadline passes. */
  readonly signal: AbortSignal;
  /** All fields of the request. */
  readonly fields: readonly Field[];
}

type UnaryHandler<M extends MethodDefinition> = (
  request: RequestOf<M>,
  context: CallContext,
) => DeepPartial<ResponseOf<M>> | Promise<DeepPartial<ResponseOf<M>>>;

type StreamHandler<M extends MethodDefinition> = (
  request: RequestOf<M>,
  context: CallContext,
) => AsyncIterable<DeepPartial<ResponseOf<M>>>;

type ClientStreamHandler<M extends MethodDefinition> = (
  requests: AsyncIterable<RequestOf<M>>,
  context: CallContext,
) => Promise<DeepPartial<ResponseOf<M>>>;

type DuplexHandler<M extends MethodDefinition> = (
  requests: AsyncIterable<RequestOf<M>>,
  context: CallContext,
) => AsyncIterable<DeepPartial<ResponseOf<M>>>;

type HandlerOf<M extends MethodDefinition> = M["requestStream"] extends true
  ? M["responseStream"] extends true
    ? DuplexHandler<M>
    : ClientStreamHandler<M>
  : M["responseStream"] extends true
    ? StreamHandler<M>
    : UnaryHandler<M>;

export type ServiceHandlers<S extends ServiceDefinition> = {
  readonly [K in keyof S["methods"]]: HandlerOf<S["methods"][K]>;
};

/** Any handler, as it is called. */
export type AnyHandler = (input: unknown, context: CallContext) => unknown;

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

/** One method of a service that is served. */
export interface Method {
  readonly definition: MethodDefinition;
  readonly load: () => Promise<AnyHandler>;
}

/** Finds methods by their paths. */
export interface MethodTable {
  get(path: string): Method | undefined;
  /** Why there is no method at a path. */
  missing(path: string): string;
}

/** The methods of services. */
export class ServiceMethods implements MethodTable {
  readonly #methods = new Map<string, Method>();
  readonly #services = new Set<string>();

  constructor(services: readonly Service[]) {
    for (const { definition, load } of services) {
      this.#services.add(definition.fullName);
      for (const [key, method] of Object.entries(definition.methods))
        this.#methods.set(`/${definition.fullName}/${method.name}`, {
          definition: method,
          load: async () => (await load())[key] as AnyHandler,
        });
    }
  }

  get(path: string): Method | undefined {
    return this.#methods.get(path);
  }

  missing(path: string): string {
    const [, name = "", method = ""] = path.split("/");
    return this.#services.has(name)
      ? `unknown method ${method} for service ${name}`
      : `unknown service ${name}`;
  }
}
