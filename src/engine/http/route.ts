import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiVersion } from "./version.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE";

/** What a handler gets. Errors are thrown (EngineError) and written as `{"message"}` by the server. */
export interface Context {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The version that the client asked for. */
  readonly version: ApiVersion;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** A query flag, true as stock reads it: anything but "", "0", "no", "false", "none". */
  flag(name: string, fallback?: boolean): boolean;
  /** A query number. Errors: invalidArgument. */
  number(name: string): number | undefined;
  /** The JSON body; undefined if it is empty, or null. Errors: invalidArgument, also for what is not called JSON. */
  body<T>(kind?: "object" | "list"): Promise<T | undefined>;
  /** The body as raw bytes, with back-pressure. */
  bytes(): AsyncIterable<Uint8Array>;
  /** `filters` of the query: name → values; both forms, {"a":["b"]} and {"a":{"b":true}}. Errors: invalidArgument. */
  filters(allowed?: readonly string[]): Map<string, string[]>;
  /** Answers with JSON. */
  json(status: number, value: unknown): void;
  /** Answers with no body. */
  empty(status: number): void;
  /** Answers 200 with a stream of JSON values, one a line; the returned writer resolves with back-pressure. */
  jsonStream(contentType?: string): JSONStream;
  /** Answers with raw bytes. */
  stream(contentType: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Takes the connection over for a raw, half-closable stream, as attach and exec do: answers
   * "101 UPGRADED" if the client asked to upgrade, else "200 OK", with the given content type.
   */
  hijack(contentType: string): Promise<Hijacked>;
  /** Takes the connection over for another protocol, which the client asked to upgrade to. Errors: invalidArgument. */
  upgrade(protocol: string): Duplex;
  /** Takes the connection over as a websocket. Errors: invalidArgument, when the client did not ask for one. */
  webSocket(): Promise<Hijacked>;
}

export interface Hijacked {
  /** What the client gets: write, end. Do not iterate over it, which would close it at the client's half-close. */
  readonly socket: Duplex;
  /** What the client sends, up to its half-close. */
  readonly input: AsyncIterable<Uint8Array>;
}

export interface JSONStream {
  write(value: unknown): Promise<void>;
  end(): void;
}

export interface Route {
  method: Method;
  /** "/containers/{id}/json"; "{name:.*}" takes slashes too (image names). */
  path: string;
  /** The first API version that has the route. */
  since?: string;
  handle(ctx: Context): void | Promise<void>;
}
