import { readFileSync } from "node:fs";
import type { Socket } from "bun";
import { unavailable } from "../../errors/errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { Inbox, type Wire } from "./wire.ts";

/** Opens a connection to the engine. Errors: unavailable, in the words the docker client uses. */
export async function dial(endpoint: Endpoint): Promise<Wire> {
  if (endpoint.kind === "ssh") return (await import("./ssh.ts")).dialSsh(endpoint);
  const wire = new SocketWire();
  try {
    await wire.connect(endpoint);
  } catch (error) {
    throw unavailable(refusal(endpoint, error), { cause: error });
  }
  return wire;
}

function refusal(endpoint: Endpoint, error: unknown): string {
  const code = (error as { code?: string }).code;
  if (endpoint.kind === "unix" && (code === "EACCES" || code === "EPERM"))
    return `permission denied while trying to connect to the Docker daemon socket at ${endpoint.url}`;
  if (endpoint.kind === "tcp" && endpoint.tls && code && !code.startsWith("ECONN"))
    return `error during connect: cannot speak TLS with ${endpoint.url}: ${code}`;
  return `Cannot connect to the Docker daemon at ${endpoint.url}. Is the docker daemon running?`;
}

/** A wire over a socket of the runtime. */
class SocketWire implements Wire {
  #socket: Socket | undefined;
  readonly #inbox = new Inbox({
    pause: () => this.#socket?.pause(),
    resume: () => this.#socket?.resume(),
  });
  #drained: (() => void) | undefined;
  #closed = false;

  get ended(): boolean {
    return this.#inbox.ended;
  }

  async connect(endpoint: Exclude<Endpoint, { kind: "ssh" }>): Promise<void> {
    let opened = () => {};
    let failed = (_error: Error) => {};
    const ready = new Promise<void>((resolve, reject) => {
      opened = resolve;
      failed = reject;
    });
    const secure = endpoint.kind === "tcp" && endpoint.tls !== undefined;
    const socket = {
      open: (s: Socket) => {
        this.#socket = s;
        if (!secure) opened();
      },
      handshake: (_s: Socket, success: boolean, error: Error | null) => {
        const strict = endpoint.kind === "tcp" && endpoint.tls?.verify;
        if (error && (strict || !success)) failed(error);
        else opened();
      },
      data: (_s: Socket, chunk: Buffer) => this.#inbox.push(chunk),
      drain: () => this.#release(),
      end: () => this.#inbox.end(),
      close: (_s: Socket, error?: Error) => {
        this.#closed = true;
        this.#inbox.end(error);
        this.#release();
        failed(error ?? new Error("connection closed"));
      },
      error: (_s: Socket, error: Error) => {
        this.#inbox.end(error);
        failed(error);
      },
      connectError: (_s: Socket, error: Error) => failed(error),
    };
    ready.catch(() => {});
    if (endpoint.kind === "unix") await Bun.connect({ unix: endpoint.path, allowHalfOpen: true, socket });
    else
      await Bun.connect({
        hostname: endpoint.host,
        port: endpoint.port,
        allowHalfOpen: true,
        socket,
        ...(endpoint.tls ? { tls: tlsOptions(endpoint.host, endpoint.tls) } : {}),
      });
    await ready;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#inbox.read();
  }

  async write(data: Uint8Array): Promise<void> {
    let rest = data;
    for (;;) {
      if (this.#closed || !this.#socket) throw unavailable("the engine closed the connection");
      const written = this.#socket.write(rest);
      if (written === rest.length) return;
      if (written > 0) rest = rest.subarray(written);
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
  }

  closeWrite(): void {
    this.#socket?.shutdown();
  }

  close(): void {
    this.#socket?.end();
  }

  #release(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }
}

function tlsOptions(host: string, tls: NonNullable<Extract<Endpoint, { kind: "tcp" }>["tls"]>) {
  return {
    serverName: host,
    rejectUnauthorized: tls.verify,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

/** The TLS files of a certificate folder, those that are there. */
export function readTlsFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
