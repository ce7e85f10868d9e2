import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import { invalidArgument } from "../../errors/errors.ts";
import { parseFilters } from "./filters.ts";
import { hijackResponse, hijackSocket, hijackStream } from "./hijack.ts";
import type { Context, Hijacked, JSONStream } from "./route.ts";
import { writeChunk } from "./stream.ts";
import type { ApiVersion } from "./version.ts";
import { acceptance, WebSocketStream } from "./websocket.ts";

/** Requests bodies that are parsed as JSON may be this long, bytes; configs are far below, bombs above. */
const MAX_JSON_BODY = 16 * 1024 * 1024;
const FALSE_WORDS = ["", "0", "no", "false", "none"];

export interface ContextParts {
  req: IncomingMessage;
  res: ServerResponse;
  /** The raw connection, when the client asked to upgrade it. */
  upgrade: Socket | undefined;
  params: Record<string, string>;
  query: URLSearchParams;
  version: ApiVersion;
  signal: AbortSignal;
  /** The request's body, if somebody had to read it before. */
  body?: Buffer;
}

/** One request on its way through a handler. */
export class RequestContext implements Context {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly version: ApiVersion;
  readonly signal: AbortSignal;
  readonly #upgrade: Socket | undefined;
  readonly #body: Buffer | undefined;
  /** True once the connection is no longer ours to answer on. */
  hijacked = false;

  constructor(parts: ContextParts) {
    this.req = parts.req;
    this.res = parts.res;
    this.params = parts.params;
    this.query = parts.query;
    this.version = parts.version;
    this.signal = parts.signal;
    this.#upgrade = parts.upgrade;
    this.#body = parts.body;
  }

  flag(name: string, fallback = false): boolean {
    const value = this.query.get(name);
    return value === null ? fallback : !FALSE_WORDS.includes(value.trim().toLowerCase());
  }

  number(name: string): number | undefined {
    const text = this.query.get(name);
    if (text === null || text === "") return undefined;
    if (!/^-?\d+(\.\d+)?$/.test(text))
      throw invalidArgument(`bad value for ${name}: ${JSON.stringify(text)} is not a number`);
    return Number(text);
  }

  filters(allowed?: readonly string[]): Map<string, string[]> {
    return parseFilters(this.query.get("filters"), allowed);
  }

  async body<T>(kind: "object" | "list" = "object"): Promise<T | undefined> {
    const text = await this.#text();
    if (text.trim() === "") return undefined;
    this.#mustBeJSON();
    const value = parseBody(text);
    if (value === null) return undefined;
    if (typeof value !== "object" || Array.isArray(value) !== (kind === "list"))
      throw invalidArgument(
        `invalid JSON in the request body: want ${kind === "list" ? "a list" : "an object"}`,
      );
    return value as T;
  }

  /** A web page may send anything else to an engine that listens on tcp, without asking its user. */
  #mustBeJSON(): void {
    const type = this.req.headers["content-type"] ?? "";
    if (type.split(";")[0]!.trim().toLowerCase() === "application/json") return;
    throw invalidArgument(`unsupported Content-Type header (${type}): must be 'application/json'`);
  }

  async #text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.bytes()) {
      length += chunk.length;
      if (length > MAX_JSON_BODY) throw invalidArgument(`request body is longer than ${MAX_JSON_BODY} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }

  bytes(): AsyncIterable<Uint8Array> {
    if (this.#body !== undefined) return Readable.from([this.#body]);
    return this.req;
  }

  json(status: number, value: unknown): void {
    const text = Buffer.from(`${JSON.stringify(value)}\n`);
    this.res.writeHead(status, { "Content-Type": "application/json", "Content-Length": text.length });
    this.res.end(text);
  }

  empty(status: number): void {
    this.res.writeHead(status);
    this.res.end();
  }

  jsonStream(contentType = "application/json"): JSONStream {
    this.res.writeHead(200, { "Content-Type": contentType });
    this.res.flushHeaders();
    return {
      write: (value) => writeChunk(this.res, `${JSON.stringify(value)}\r\n`),
      end: () => void this.res.end(),
    };
  }

  async stream(contentType: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of bytes) {
      if (!this.res.headersSent) this.res.writeHead(200, { "Content-Type": contentType });
      await writeChunk(this.res, chunk);
    }
    if (!this.res.headersSent) this.res.writeHead(200, { "Content-Type": contentType });
    this.res.end();
  }

  upgrade(protocol: string): Duplex {
    if (!this.#upgrade) throw invalidArgument(`not a request to upgrade: want Upgrade: ${protocol}`);
    this.hijacked = true;
    this.#upgrade.write(`HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
    return this.#upgrade;
  }

  async webSocket(): Promise<Hijacked> {
    const answer = acceptance(this.req.headers["sec-websocket-key"]);
    if (!this.#upgrade) throw invalidArgument("not a websocket request: want Upgrade: websocket");
    this.hijacked = true;
    this.#upgrade.write(answer);
    return hijackStream(new WebSocketStream(this.#upgrade));
  }

  async hijack(contentType: string): Promise<Hijacked> {
    this.hijacked = true;
    if (this.#upgrade) return hijackSocket(this.#upgrade, contentType);
    return hijackResponse(this.req, this.res, contentType);
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidArgument(`invalid JSON in the request body: ${(cause as Error).message}`, { cause });
  }
}
