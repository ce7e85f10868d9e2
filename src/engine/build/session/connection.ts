/**
 * Calls to a client over its session: the connection that it opened by POST /session is turned around, the client is
 * the gRPC server on it. Everything that a build needs of the client's machine is asked for this way.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Duplex } from "node:stream";
import { cancelled, EngineError, unavailable } from "../../../errors/errors.ts";
import { kindOfCode } from "../../../errors/grpc.ts";
import type {
  Codec,
  DeepPartial,
  MethodDefinition,
  RequestOf,
  ResponseOf,
} from "../../../grpc/definition.ts";
import { framed, unframed } from "../../../grpc/framing.ts";

/** The names of a method in its service's definition. */
interface Service {
  readonly fullName: string;
}

/** RST_STREAM's code for a call that is given up (RFC 9113, section 7). */
const CANCEL = 8;
/** A sender is told to wait when so many bytes have not been read. */
const HELD_BYTES = 1024 * 1024;

export type Metadata = Readonly<Record<string, string | readonly string[]>>;

/** A call in which both sides send messages. */
export interface Call<Request, Response> {
  /** Resolves when there is room for more. */
  send(message: DeepPartial<Request>): Promise<void>;
  /** No more messages follow. */
  end(): void;
  /** What the other side sends, to its end. Errors: by the call's status. */
  readonly messages: AsyncIterable<Response>;
  /** Gives the call up. */
  cancel(): void;
}

export class SessionConnection {
  readonly #http: ClientHttp2Session;
  readonly closed: Promise<void>;

  constructor(socket: Duplex) {
    this.#http = connect("http://session", { createConnection: () => socket });
    this.closed = new Promise((resolve) => {
      this.#http.once("close", resolve);
      socket.once("close", resolve);
    });
    this.#http.on("error", () => this.close());
  }

  close(): void {
    this.#http.destroy();
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

  open<M extends MethodDefinition>(
    service: Service,
    method: M,
    metadata: Metadata,
    signal: AbortSignal,
  ): Call<RequestOf<M>, ResponseOf<M>> {
    if (this.#http.destroyed || this.#http.closed)
      throw unavailable("the client's session has ended: no active session");
    const headers: OutgoingHttpHeaders = {
      ":method": "POST",
      ":path": `/${service.fullName}/${method.name}`,
      "content-type": "application/grpc",
      te: "trailers",
    };
    for (const [name, value] of Object.entries(metadata)) headers[name] = value as string | string[];
    const stream = this.#http.request(headers);
    const requestType: Codec<RequestOf<M>> = method.requestType;
    const responseType: Codec<ResponseOf<M>> = method.responseType;
    return {
      send: (message) =>
        written(stream, framed(requestType.encode(requestType.fromPartial(message)).finish())),
      end: () => void stream.end(),
      messages: received(stream, responseType, method.name, signal),
      cancel: () => stream.close(CANCEL),
    };
  }
}

function written(stream: ClientHttp2Stream, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    if (stream.write(bytes)) return resolve();
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.once("drain", done).once("close", done);
  });
}

async function* received<T>(
  stream: ClientHttp2Stream,
  type: Codec<T>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  const status = statusOf(stream, name);
  status.catch(() => {});
  const stop = (): void => stream.close(CANCEL);
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) stop();
    for await (const message of unframed(arriving(stream))) yield type.decode(message);
    await status;
  } catch (error) {
    throw signal.aborted ? cancelled("Build cancelled", { cause: error }) : error;
  } finally {
    signal.removeEventListener("abort", stop);
    if (!stream.closed) stream.close(CANCEL);
  }
}

/**
 * What arrives, to the end of the stream. The stream's own iterator would drop what has come but has not been read when
 * the other side, being done with the call, resets it.
 */
async function* arriving(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array, void, void> {
  const chunks: Uint8Array[] = [];
  let held = 0;
  let ended = false;
  let wake = (): void => {};
  const end = (): void => {
    ended = true;
    wake();
  };
  stream.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held > HELD_BYTES) stream.pause();
    wake();
  });
  stream.once("end", end).once("close", end);
  for (;;) {
    const chunk = chunks.shift();
    if (chunk) {
      held -= chunk.length;
      if (stream.isPaused() && held < HELD_BYTES / 2) stream.resume();
      yield chunk;
    } else if (ended) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** Resolves for status 0. An answer without messages has its status among the headers. */
function statusOf(stream: ClientHttp2Stream, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (headers: IncomingHttpHeaders): void => {
      const code = headers["grpc-status"];
      if (code === undefined) return;
      if (code === "0") return resolve();
      const said = String(headers["grpc-message"] ?? "");
      reject(
        new EngineError(kindOfCode(Number(code)), said === "" ? `${name}: status ${code}` : decoded(said)),
      );
    };
    stream.on("response", settle);
    stream.on("trailers", settle);
    stream.on("error", () => {});
    stream.on("close", () => reject(unavailable(`the client's session broke off during ${name}`)));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
