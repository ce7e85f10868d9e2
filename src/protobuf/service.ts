/**
 * Services as tables of methods. Both sides of a connection are typed by the table alone, so no stub code is
 * generated; gRPC and ttrpc take the same tables, so that a program loads only the transport that it uses.
 */
import type { Codec } from "./message.ts";

/** The codec of any message. */
// biome-ignore lint/suspicious/noExplicitAny: message types vary by method; the helpers below recover them.
export type AnyCodec = Codec<any>;

/** One method: its name on the wire, its messages, and which side sends a stream of them. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: AnyCodec;
  readonly requestStream: boolean;
  readonly responseType: AnyCodec;
  readonly responseStream: boolean;
}

/** The methods of a service by their names in code. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

/** The whole message that a server gets. */
export type RequestOf<M extends MethodDefinition> = ReturnType<M["requestType"]["decode"]>;
/** The whole message that a client gets. */
export type ResponseOf<M extends MethodDefinition> = ReturnType<M["responseType"]["decode"]>;

/** One request, one response. */
export const unary = <Q, R>(name: string, requestType: Codec<Q>, responseType: Codec<R>) =>
  ({ name, requestType, requestStream: false, responseType, responseStream: false }) as const;

/** One request, a stream of responses. */
export const serverStream = <Q, R>(name: string, requestType: Codec<Q>, responseType: Codec<R>) =>
  ({ name, requestType, requestStream: false, responseType, responseStream: true }) as const;

/** Streams both ways. */
export const duplex = <Q, R>(name: string, requestType: Codec<Q>, responseType: Codec<R>) =>
  ({ name, requestType, requestStream: true, responseType, responseStream: true }) as const;
