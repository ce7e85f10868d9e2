/** Connections over sockets of Bun: unix sockets and TCP without TLS. */
import type { Socket, SocketHandler } from "bun";
import { Connection, type ConnectionOptions } from "./connection.ts";

/** A unix socket's path, or a TCP address. */
export type Address = string | { hostname: string; port: number };

type Rest = Omit<ConnectionOptions, "sink">;
type ConnectionSocket = Socket<{ connection: Connection }>;

function connectionOver(socket: ConnectionSocket, rest: Rest): Connection {
  const sink = {
    // Less than nothing is said of a socket that is closed: its connection hears of that as well.
    write(bytes: Uint8Array) {
      const written = socket.write(bytes);
      return written < 0 ? bytes.length : written;
    },
    end: () => void socket.end(),
  };
  return new Connection({ sink, ...rest });
}

/** What a socket tells goes to the connection that `open` makes of it. */
const handlers = (
  open: (socket: ConnectionSocket) => Connection,
): SocketHandler<{ connection: Connection }> => ({
  open(socket) {
    socket.data = { connection: open(socket) };
  },
  data: (socket, bytes) => socket.data.connection.receive(bytes),
  drain: (socket) => socket.data.connection.drained(),
  error() {},
  close: (socket, error) => socket.data.connection.ended(error ?? undefined),
});

/** Connects as a client. Errors: those of the system, with their codes. */
export async function connectHttp2(address: Address, closed: () => void = () => {}): Promise<Connection> {
  const socket = handlers((opened) => connectionOver(opened, { closed }));
  const open = await (typeof address === "string"
    ? Bun.connect({ unix: address, socket, data: undefined as never })
    : Bun.connect({ ...address, socket, data: undefined as never }));
  return open.data.connection;
}

export interface Http2Listener {
  /** The port of a TCP address. */
  readonly port: number | undefined;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
}

/** Serves. `accept` makes the connection of each socket with what it is given. A unix socket must not exist. */
export function listenHttp2(
  address: Address,
  accept: (make: (options: Rest) => Connection) => Connection,
): Http2Listener {
  const socket = handlers((accepted) => accept((options) => connectionOver(accepted, options)));
  if (typeof address === "string") {
    const listener = Bun.listen({ unix: address, socket });
    return { port: undefined, stop: () => listener.stop() };
  }
  const listener = Bun.listen({ ...address, socket });
  return { port: listener.port, stop: () => listener.stop() };
}
