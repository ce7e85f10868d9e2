import { unavailable } from "../../errors/errors.ts";
import { ChunkedDecoder } from "./chunked.ts";
import type { Wire } from "./wire.ts";

/** The head of a response. Header names are lower case. */
export interface ResponseHead {
  status: number;
  headers: Map<string, string>;
}

export type Body = AsyncGenerator<Uint8Array, void, void>;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const LINE_LIMIT = 64 * 1024;
const CR = 13;
const LF = 10;

/** HTTP/1.1, the client's side of it, on one wire: what a request needs and no more. */
export class HttpConnection {
  readonly wire: Wire;
  #rest: Uint8Array | undefined;
  /** Whether the body of the last response has been read to its end on a connection that stays open. */
  reusable = false;

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Sends a request whose body is at hand. */
  send(method: string, target: string, headers: Record<string, string>, body?: Uint8Array): Promise<void> {
    this.reusable = false;
    const head = requestHead(method, target, headers);
    if (!body || body.length === 0) return this.wire.write(head);
    const whole = new Uint8Array(head.length + body.length);
    whole.set(head);
    whole.set(body, head.length);
    return this.wire.write(whole);
  }

  /** Sends a request with a chunked body as it comes. */
  async sendStream(
    method: string,
    target: string,
    headers: Record<string, string>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.reusable = false;
    await this.wire.write(requestHead(method, target, { ...headers, "Transfer-Encoding": "chunked" }));
    for await (const chunk of body) {
      if (chunk.length === 0) continue;
      await this.wire.write(encoder.encode(`${chunk.length.toString(16)}\r\n`));
      await this.wire.write(chunk);
      await this.wire.write(encoder.encode("\r\n"));
    }
    await this.wire.write(encoder.encode("0\r\n\r\n"));
  }

  /** The head of the next response; interim ones (100 Continue) are skipped. */
  async readHead(): Promise<ResponseHead> {
    for (;;) {
      const line = await this.#line();
      const match = /^HTTP\/1\.[01] (\d{3})/.exec(line);
      if (!match) throw unavailable(`not an HTTP response: ${JSON.stringify(line.slice(0, 80))}`);
      const status = Number(match[1]);
      const headers = new Map<string, string>();
      for (let header = await this.#line(); header !== ""; header = await this.#line()) {
        const colon = header.indexOf(":");
        if (colon > 0) headers.set(header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim());
      }
      if (status !== 100) return { status, headers };
    }
  }

  /** The body that belongs to the head. The connection can be used again when it has been read to its end. */
  async *body(method: string, head: ResponseHead): Body {
    const keep = head.headers.get("connection")?.toLowerCase() !== "close";
    const length = head.headers.get("content-length");
    if (method === "HEAD" || head.status === 204 || head.status === 304) {
      this.reusable = keep;
    } else if (head.headers.get("transfer-encoding")?.toLowerCase() === "chunked") {
      yield* this.#chunked();
      this.reusable = keep;
    } else if (length !== undefined) {
      yield* this.#exactly(Number(length));
      this.reusable = keep;
    } else {
      for (let chunk = await this.read(); chunk; chunk = await this.read()) yield chunk;
    }
  }

  /** Raw bytes, what was read ahead first: for bodies without an end and for hijacked connections. */
  read(): Promise<Uint8Array | undefined> {
    const rest = this.#rest;
    if (!rest) return this.wire.read();
    this.#rest = undefined;
    return Promise.resolve(rest);
  }

  async *#chunked(): Body {
    const decoder = new ChunkedDecoder();
    while (!decoder.done) {
      const bytes = await this.read();
      if (!bytes) throw unavailable("the connection ended in the middle of a response");
      const data = decoder.push(bytes);
      if (decoder.rest) this.#rest = decoder.rest;
      if (data.length > 0) yield data;
    }
  }

  async *#exactly(length: number): Body {
    let missing = length;
    while (missing > 0) {
      const chunk = await this.read();
      if (!chunk) throw unavailable("the connection ended in the middle of a response");
      if (chunk.length > missing) {
        this.#rest = chunk.subarray(missing);
        yield chunk.subarray(0, missing);
        return;
      }
      missing -= chunk.length;
      yield chunk;
    }
  }

  async #line(): Promise<string> {
    let text = "";
    for (;;) {
      const chunk = await this.read();
      if (!chunk) throw unavailable("the connection ended before a response came");
      const end = chunk.indexOf(LF);
      if (end >= 0) {
        const next = chunk.subarray(end + 1);
        if (next.length > 0) this.#rest = next;
        const stop = end > 0 && chunk[end - 1] === CR ? end - 1 : end;
        text += decoder.decode(chunk.subarray(0, stop));
        return text.endsWith("\r") ? text.slice(0, -1) : text;
      }
      text += decoder.decode(chunk);
      if (text.length > LINE_LIMIT) throw unavailable("a header line of the response is too long");
    }
  }
}

function requestHead(method: string, target: string, headers: Record<string, string>): Uint8Array {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  return encoder.encode(`${head}\r\n`);
}
