/**
 * A ttrpc server: unary calls over a unix socket. It knows no service: a handler gets service, method and
 * the encoded request, and returns the encoded response or throws an error with a kind.
 */
import type { Socket, SocketHandler } from "bun";
import { EngineError, kindOf, messageOf } from "../errors/errors.ts";
import { GRPC_CODE } from "../errors/grpc.ts";
import type { MessageOf } from "../protobuf/message.ts";
import { encodeFrame, type Frame, FrameParser, MAX_DATA, REQUEST, RESPONSE } from "./frame.ts";
import { type KeyValue, Request, Response } from "./messages.ts";
import { Outbox } from "./outbox.ts";

/** What a handler may want to know of a call besides its request. */
export interface Call {
  service: string;
  method: string;
  /** Milliseconds that the client is willing to wait; 0 for no limit. */
  timeout: number;
  metadata: readonly Partial<MessageOf<typeof KeyValue>>[];
}

export type Handler = (call: Call, payload: Uint8Array) => Promise<Uint8Array>;

interface Connection {
  parser: FrameParser;
  outbox: Outbox;
}

/** Where to listen: a path to bind, or the descriptor of a socket that is bound and listening. */
export type Endpoint = { path: string } | { fd: number };

export interface Server {
  /** Stops accepting; `force` also ends the open connections. */
  stop(force?: boolean): void;
}

const NO_PAYLOAD = new Uint8Array(0);

/** Serves until stopped. `changed` is told the number of open connections whenever that changes. */
export function serve(endpoint: Endpoint, handler: Handler, changed?: (connections: number) => void): Server {
  let connections = 0;
  const socket: SocketHandler<Connection> = {
    open(client) {
      client.data = { parser: new FrameParser(), outbox: new Outbox() };
      changed?.(++connections);
    },
    close() {
      changed?.(--connections);
    },
    data(client, piece) {
      for (const frame of client.data.parser.push(piece)) void answer(client, frame, handler);
    },
    drain: (client) => client.data.outbox.drain(client),
    error() {},
  };
  return "fd" in endpoint
    ? listenOn(endpoint.fd, socket)
    : Bun.listen<Connection>({ unix: endpoint.path, socket });
}

/** Bun.listen() takes the descriptor of a listening socket, which its type declarations leave out. */
function listenOn(fd: number, socket: SocketHandler<Connection>): Server {
  const options = { fd, socket } as unknown as Bun.UnixSocketOptions<Connection>;
  return Bun.listen<Connection>(options);
}

async function answer(client: Socket<Connection>, frame: Frame, handler: Handler): Promise<void> {
  const { outbox } = client.data;
  let response: Uint8Array;
  try {
    response = Response.encode({ payload: await handle(frame, handler) });
  } catch (error) {
    const status = { code: GRPC_CODE[kindOf(error)], message: messageOf(error) };
    response = Response.encode({ status });
  }
  outbox.send(client, encodeFrame(frame.streamId, RESPONSE, 0, response));
}

function handle(frame: Frame, handler: Handler): Promise<Uint8Array> {
  if (frame.data === undefined)
    throw new EngineError("exhausted", `the message is longer than the ${MAX_DATA} bytes that ttrpc allows`);
  if (frame.type !== REQUEST || frame.flags !== 0)
    throw new EngineError("notImplemented", "this server answers unary requests only");
  const request = Request.decode(frame.data);
  const call: Call = {
    service: request.service,
    method: request.method,
    timeout: request.timeoutNano / 1e6,
    metadata: request.metadata,
  };
  return handler(call, request.payload ?? NO_PAYLOAD);
}
