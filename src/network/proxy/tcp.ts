/** TCP from a host port to a container, with back-pressure and half-close in both directions. */
import type { Socket } from "bun";
import type { ProxiedPort } from "./arguments.ts";

/** One direction's other end, and what could not be written to it yet. */
interface Leg {
  other: Socket<Leg> | undefined;
  pending: Uint8Array[];
  /** The other side has ended: end this one when everything is written. */
  ending: boolean;
}

const newLeg = (): Leg => ({ other: undefined, pending: [], ending: false });

/** Writes as much as fits; false while some waits for drain(). */
function flush(socket: Socket<Leg>): boolean {
  const { pending } = socket.data;
  while (pending.length > 0) {
    const chunk = pending[0]!;
    const written = Math.max(0, socket.write(chunk));
    if (written < chunk.length) {
      pending[0] = chunk.subarray(written);
      return false;
    }
    pending.shift();
  }
  if (socket.data.ending) socket.shutdown();
  return true;
}

const handlers = {
  data(from: Socket<Leg>, bytes: Buffer) {
    const { other } = from.data;
    if (!other) {
      // Not connected to the container yet.
      from.data.pending.push(Uint8Array.from(bytes));
      from.pause();
      return;
    }
    other.data.pending.push(Uint8Array.from(bytes));
    if (!flush(other)) from.pause();
  },
  drain(socket: Socket<Leg>) {
    if (flush(socket)) socket.data.other?.resume();
  },
  end(from: Socket<Leg>) {
    const { other } = from.data;
    if (!other) return;
    other.data.ending = true;
    flush(other);
  },
  close(socket: Socket<Leg>) {
    socket.data.other?.end();
    socket.data.other = undefined;
  },
  error(socket: Socket<Leg>) {
    socket.data.other?.terminate();
  },
};

/** Joins an accepted connection to one to the container; a container that does not answer ends it. */
function join(client: Socket<Leg>, port: ProxiedPort): void {
  client.data = newLeg();
  client.pause();
  Bun.connect<Leg>({
    hostname: port.containerIP,
    port: port.containerPort,
    allowHalfOpen: true,
    data: newLeg(),
    socket: {
      ...handlers,
      open(server) {
        server.data.other = client;
        // What came before the connection was there.
        server.data.pending = client.data.pending;
        client.data.pending = [];
        client.data.other = server;
        if (flush(server)) client.resume();
      },
      connectError: () => void client.terminate(),
    },
  }).catch(() => client.terminate());
}

/** Serves the port for the life of the process. Errors: those of listening. */
export function serveTcp(port: ProxiedPort): void {
  const socket = { ...handlers, open: (client: Socket<Leg>) => join(client, port) };
  const common = { allowHalfOpen: true, data: newLeg(), socket };
  const { listenFd, hostIP, hostPort } = port;
  if (listenFd === undefined) {
    const place = { hostname: hostIP, port: hostPort, ipv6Only: hostIP.includes(":") };
    Bun.listen<Leg>({ ...common, ...place } as Bun.TCPSocketListenOptions<Leg>);
    return;
  }
  // Bun listens on a descriptor that is given, which its types do not know.
  const onDescriptor = { ...common, fd: listenFd };
  Bun.listen<Leg>(onDescriptor as unknown as Bun.TCPSocketListenOptions<Leg>);
}
