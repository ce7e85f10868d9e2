/** Ways to where logs are sent: each takes whole messages, one after the other. */
import { createSocket } from "node:dgram";
import { connect as connectSocket, isIPv6, type Socket } from "node:net";
import { connect as connectTLS } from "node:tls";
import { invalidArgument, systemError } from "../../../errors/errors.ts";
import { UnixDatagram } from "../../../linux/unix-datagram.ts";

export interface Transport {
  /** Resolves when there is room for more. Errors: when the receiver is not there. */
  send(message: Uint8Array): Promise<void>;
  /** Resolves when all that was sent is on its way. */
  close(): Promise<void>;
}

export interface Address {
  scheme: string;
  host: string;
  port: number;
  /** Of a Unix socket. */
  path: string;
}

/** "tcp://host:port", "unix:///path". Errors: invalidArgument. */
export function parseAddress(
  option: string,
  text: string,
  schemes: readonly string[],
  port: number,
): Address {
  const match = /^([\w+]+):\/\/(.*)$/.exec(text);
  if (!match)
    throw invalidArgument(`${option} should be in form proto://address, got ${JSON.stringify(text)}`);
  const [, scheme = "", rest = ""] = match;
  if (!schemes.includes(scheme))
    throw invalidArgument(`unsupported scheme: '${scheme}' in ${option}=${text}`);
  if (scheme.startsWith("unix")) return { scheme, host: "", port: 0, path: rest };
  const parts = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(rest);
  if (!parts) throw invalidArgument(`invalid ${option}: ${text}`);
  const host = parts[1]!.replace(/^\[|\]$/g, "") || "127.0.0.1";
  return { scheme, host, port: Number(parts[2] ?? port), path: "" };
}

export interface TLSFiles {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  verify: boolean;
}

/** Connects to a receiver that answers; not for datagrams. Errors: as openTransport. */
export function openTwoWay(address: Address): Promise<Stream> {
  return openTransport(address) as Promise<Stream>;
}

/** Connects. Errors: system, in the words of stock ("dial tcp ...: connection refused"). */
export async function openTransport(address: Address, tls?: TLSFiles): Promise<Transport> {
  const { scheme, host, port, path } = address;
  switch (scheme) {
    case "udp":
      return new UDP(host, port);
    case "unixgram":
      return new Datagrams(path);
    case "unix":
      return stream(`dial unix ${path}`, () => connectSocket(path));
    case "tcp":
      return stream(`dial tcp ${host}:${port}`, () => connectSocket(port, host));
    default:
      return stream(`dial tcp ${host}:${port}`, () =>
        connectTLS({
          host,
          port,
          rejectUnauthorized: tls?.verify ?? true,
          ...(tls?.ca ? { ca: tls.ca } : {}),
          ...(tls?.cert ? { cert: tls.cert } : {}),
          ...(tls?.key ? { key: tls.key } : {}),
        }),
      );
  }
}

function stream(what: string, dial: () => Socket): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = dial();
    socket.once("error", (cause) => reject(systemError(`${what}: ${cause.message}`, { cause })));
    socket.once("secureConnect", () => resolve(new Stream(socket)));
    socket.once("connect", () => "encrypted" in socket || resolve(new Stream(socket)));
  });
}

/** A stream to a receiver of logs: TCP, TLS or a unix socket. */
export class Stream implements Transport {
  readonly #socket: Socket;
  #failed: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => {
      this.#failed = error;
    });
    socket.on("close", () => {
      this.#failed ??= systemError("the receiver closed the connection");
    });
    // What a receiver says is of no interest, but must be read for its end to be seen.
    socket.resume();
  }

  onData(listener: (data: Buffer) => void): void {
    this.#socket.on("data", listener);
    this.#socket.on("close", () => listener(Buffer.alloc(0)));
  }

  check(): void {
    if (this.#failed) throw this.#failed;
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#failed) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      this.#socket.write(message, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => this.#socket.destroySoon());
      if (this.#socket.destroyed) resolve();
    });
  }
}

class UDP implements Transport {
  readonly #socket;
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    this.#socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.#socket.on("error", () => {});
    this.#socket.unref();
    this.#host = host;
    this.#port = port;
  }

  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(message, this.#port, this.#host, (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}

class Datagrams implements Transport {
  readonly #socket: UnixDatagram;

  constructor(path: string) {
    try {
      this.#socket = new UnixDatagram(path);
    } catch (cause) {
      throw systemError(`dial unixgram ${path}: ${(cause as Error).message}`, { cause });
    }
  }

  async send(message: Uint8Array): Promise<void> {
    this.#socket.send(message);
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}
