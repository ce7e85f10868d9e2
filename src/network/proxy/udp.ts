/** UDP from a host port to a container: a socket of its own for each client, so that answers find their way back. */
import type { ProxiedPort } from "./arguments.ts";

/** Milliseconds that a client's socket is kept after the last datagram. */
const IDLE_MS = 90_000;

type Connected = Bun.udp.ConnectedSocket<"buffer">;

interface Client {
  socket: Promise<Connected>;
  timer: Timer;
}

/** Serves the port for the life of the process. Errors: those of binding. */
export async function serveUdp(port: ProxiedPort): Promise<void> {
  const clients = new Map<string, Client>();
  // Bun takes a descriptor that is bound already, which its types do not know.
  const place =
    port.listenFd === undefined
      ? { hostname: port.hostIP, port: port.hostPort }
      : ({ fd: port.listenFd } as { hostname?: string; port?: number });
  const server = await Bun.udpSocket({
    ...place,
    socket: {
      data(_socket, bytes, clientPort, address) {
        forward(clientOf(address, clientPort), bytes);
      },
      error() {},
    },
  });

  function clientOf(address: string, clientPort: number): Client {
    const key = `${address} ${clientPort}`;
    const known = clients.get(key);
    if (known) {
      known.timer.refresh();
      return known;
    }
    const socket = Bun.udpSocket({
      connect: { hostname: port.containerIP, port: port.containerPort },
      socket: {
        data(_socket, bytes) {
          server.send(bytes, clientPort, address);
          clients.get(key)?.timer.refresh();
        },
        error() {},
      },
    });
    const timer = setTimeout(() => {
      clients.delete(key);
      socket.then((open) => open.close()).catch(() => {});
    }, IDLE_MS);
    const client = { socket, timer };
    clients.set(key, client);
    return client;
  }
}

/** A datagram that cannot be sent on is lost, as datagrams are. */
function forward(client: Client, bytes: Uint8Array): void {
  const copy = Uint8Array.from(bytes);
  client.socket.then((socket) => socket.send(copy)).catch(() => {});
}
