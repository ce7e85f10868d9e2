/**
 * A ttrpc server: unary calls over a unix socket. It knows no service: a handler gets service, method and
 * the encoded request, and returns the encoded response or throws an error with a kind.
 */
import type { Socket, SocketHandler } from "bun";
import { EngineError, kindOf, messageOf } from "../errors/errors.ts";
import { GRPC_CODE } from "../errors/grpc.ts";
import { type KeyValue, Request, Response } from "../proto/ttrpc/request.ts";
import { encodeFrame, type Frame, FrameParser, MAX_DATA, REQUEST, RESPONSE } from "./frame.ts";
import { Outbox } from "./outbox.ts";

/** What a handler may want to know of a call besides its request. */
export interface Call {
  service: string;
  method: string;
  /** Milliseconds that the client is willing to wait; 0 for no limit. */
  timeout: number;
  metadata: readonly KeyValue[];
}

export type Handler = (call: Call, payload: Uint8Array) => Promise<Uint8Array>;

interface Connection {
  parser: FrameParser;
  outbox: Outbox;
  /** Calls under way. */
  calls: Set<Frame>;
}

/** Where to listen: a path to bind, or the descriptor of a socket that is bound and listening. */
export type Endpoint = { path: string } | { fd: number };

export interface Server {
  /** Stops accepting; `force` also ends the open connections. */
  stop(force?: boolean): void;
  /**
   * The open connections, for a server that another program makes of them (`adopted`). Undefined when data is on its
   * way, or a call that may not be made again: those under way are answered by the other server.
   */
  keep(mayRepeat: (method: string) => boolean): KeptConnection[] | undefined;
}

/** An open connection as data: its descriptor, and the requests under way. */
export interface KeptConnection {
  fd: number;
  calls: { streamId: number; data: number[] }[];
}

const NO_PAYLOAD = new Uint8Array(0);

/** Serves until stopped. `changed` is told the number of open connections whenever that changes. */
export function serve(
  endpoint: Endpoint,
  handler: Handler,
  changed?: (connections: number) => void,
  adopted: readonly KeptConnection[] = [],
): Server {
  const clients = new Set<Socket<Connection>>();
  const socket: SocketHandler<Connection> = {
    open(client) {
      client.data = { parser: new FrameParser(), outbox: new Outbox(), calls: new Set() };
      clients.add(client);
      changed?.(clients.size);
    },
    close(client) {
      clients.delete(client);
      changed?.(clients.size);
    },
    data(client, piece) {
      for (const frame of client.data.parser.push(piece)) void answer(client, frame, handler);
    },
    drain: (client) => client.data.outbox.drain(client),
    error() {},
  };
  const listener =
    "fd" in endpoint
      ? listenOn(endpoint.fd, socket)
      : Bun.listen<Connection>({ unix: endpoint.path, socket });
  let adopting = adopted.length;
  for (const { fd, calls } of adopted)
    adopt(fd, calls, socket, handler)
      // The other side has gone meanwhile.
      .catch(() => {})
      .finally(() => adopting--);
  return {
    stop: (force) => listener.stop(force),
    keep(mayRepeat) {
      if (adopting > 0) return undefined;
      const kept = [...clients].map((client) => keepConnection(client, mayRepeat));
      return kept.includes(undefined) ? undefined : kept.filter((one) => one !== undefined);
    },
  };
}

function keepConnection(
  client: Socket<Connection>,
  mayRepeat: (method: string) => boolean,
): KeptConnection | undefined {
  const { parser, outbox, calls } = client.data;
  if (!parser.isEmpty || outbox.size > 0) return undefined;
  const kept: KeptConnection = { fd: fdOf(client), calls: [] };
  for (const { streamId, data } of calls) {
    if (data === undefined || !mayRepeat(Request.decode(data).method)) return undefined;
    kept.calls.push({ streamId, data: [...data] });
  }
  return kept;
}

async function adopt(
  fd: number,
  calls: KeptConnection["calls"],
  socket: SocketHandler<Connection>,
  handler: Handler,
): Promise<void> {
  const client = await connectOn(fd, socket);
  for (const { streamId, data } of calls)
    void answer(client, { streamId, type: REQUEST, flags: 0, data: Uint8Array.from(data) }, handler);
}

/** Bun.listen() takes the descriptor of a listening socket, which its type declarations leave out. */
function listenOn(fd: number, socket: SocketHandler<Connection>): { stop(force?: boolean): void } {
  const options = { fd, socket } as unknown as Bun.UnixSocketOptions<Connection>;
  return Bun.listen<Connection>(options);
}

/** Likewise Bun.connect() and the descriptor of an open connection. */
function connectOn(fd: number, socket: SocketHandler<Connection>): Promise<Socket<Connection>> {
  const options = { fd, socket } as unknown as Bun.UnixSocketOptions<Connection>;
  return Bun.connect<Connection>(options);
}

const fdOf = (client: Socket<Connection>): number => (client as unknown as { fd: number }).fd;

async function answer(client: Socket<Connection>, frame: Frame, handler: Handler): Promise<void> {
  const { outbox, calls } = client.data;
  calls.add(frame);
  let response: Uint8Array;
  try {
    response = Response.encode({ payload: await handle(frame, handler) });
  } catch (error) {
    const status = { code: GRPC_CODE[kindOf(error)], message: messageOf(error) };
    response = Response.encode({ status });
  }
  calls.delete(frame);
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
    timeout: Number(request.timeoutNano) / 1e6,
    metadata: request.metadata,
  };
  return handler(call, request.payload ?? NO_PAYLOAD);
}
