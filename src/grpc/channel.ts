/** Connections of clients: made at the first call, and made again after they were lost. */
import type { Duplex } from "node:stream";
import { type EngineError, errnoOf, unavailable } from "../errors/errors.ts";
import type { Connection } from "../http2/connection.ts";
import { connectionOverDuplex } from "../http2/duplex.ts";
import type { Address } from "../http2/socket.ts";

/** A connection to a server for all calls of a client: made when needed, and again after it was lost. */
export class Channel {
  /** What requests name as their authority. */
  readonly authority: string;
  readonly #dial: () => Promise<Connection>;
  #connection: Connection | undefined;
  #dialing: Promise<Connection> | undefined;
  #closed = false;

  /** `dial` makes a connection when there is none. */
  constructor(authority: string, dial: () => Promise<Connection>, connection?: Connection) {
    this.authority = authority;
    this.#dial = dial;
    this.#connection = connection;
  }

  /** The connection, at once if there is one. Errors: unavailable. */
  connection(): Connection | Promise<Connection> {
    if (this.#closed) throw unavailable("the client connection is closing: the channel has been closed");
    if (this.#connection?.usable) return this.#connection;
    this.#dialing ??= this.#connect();
    return this.#dialing;
  }

  /** Calls under way fail with kind "unavailable". */
  close(): void {
    this.#closed = true;
    this.#connection?.destroy();
  }

  async #connect(): Promise<Connection> {
    try {
      const connection = await this.#dial();
      if (this.#closed) connection.destroy();
      this.#connection = connection;
      return connection;
    } finally {
      this.#dialing = undefined;
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ECONNREFUSED: "connection refused",
  EACCES: "permission denied",
  ENOTSOCK: "connection refused",
};

function dialError(address: Address, cause: unknown): EngineError {
  const code = errnoOf(cause) ?? "";
  const target = typeof address === "string" ? `unix ${address}` : `tcp ${address.hostname}:${address.port}`;
  const reason = REASONS[code] ?? `${code}: ${String(cause)}`;
  const text = `connection error: desc = "transport: error while dialing: dial ${target}: connect: ${reason}"`;
  return unavailable(text, { cause });
}

/** A channel to a unix socket (a path) or a TCP address. It connects at the first call, and again when that was lost. */
export function connect(address: Address): Channel {
  return new Channel("localhost", async () => {
    const { connectHttp2 } = await import("../http2/socket.ts");
    try {
      return await connectHttp2(address);
    } catch (cause) {
      throw dialError(address, cause);
    }
  });
}

/**
 * A channel over a stream that is open; `head` are bytes that came with it. When the stream ends, `closed` is called, and
 * calls fail with kind "unavailable".
 */
export function channelOver(duplex: Duplex, closed: () => void = () => {}, head?: Uint8Array): Channel {
  const gone = () => Promise.reject(unavailable("the stream under the channel has ended"));
  return new Channel("localhost", gone, connectionOverDuplex(duplex, { closed }, head));
}
