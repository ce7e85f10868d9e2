/** Sends queries on to the servers that the host or the container names. */
import { inNetns } from "../../linux/netns.ts";
import { RCODE } from "./message.ts";

export interface Upstream {
  address: string;
  /** Asked from the host's network, which need not reach the same as the sandbox. */
  fromHost: boolean;
}

/** Milliseconds that each server gets. */
const PATIENCE_MS = 4000;
/** Servers that are asked: more than a resolver's library takes are left alone. */
const MOST_SERVERS = 3;
/** Queries of one container that may wait at once: more are refused. */
const MOST_WAITING = 1024;

/** Runs `open` where the server is to be asked from. The promise must not keep the thread in there. */
function from<T>(netnsPath: string, { fromHost }: Upstream, open: () => Promise<T>): Promise<T> {
  if (fromHost) return open();
  const box = inNetns(netnsPath, () => ({ promise: open() }));
  return box.promise;
}

const NEXT_PLEASE: ReadonlySet<number> = new Set([RCODE.FAILURE, RCODE.REFUSED]);

/** Asks one server after the other; undefined when none answers. */
export class Forwarder {
  readonly #netnsPath: string;
  readonly #upstreams: readonly Upstream[];
  #waiting = 0;

  constructor(netnsPath: string, upstreams: readonly Upstream[]) {
    this.#netnsPath = netnsPath;
    this.#upstreams = upstreams.slice(0, MOST_SERVERS);
  }

  async ask(query: Uint8Array, transport: "udp" | "tcp"): Promise<Uint8Array | undefined> {
    if (this.#waiting >= MOST_WAITING) return undefined;
    this.#waiting++;
    try {
      for (const upstream of this.#upstreams) {
        const ask = transport === "udp" ? askUdp : askTcp;
        const answer = await ask(this.#netnsPath, upstream, query).catch(() => undefined);
        // A server that fails, or does not want to, need not be the last word.
        if (answer && !NEXT_PLEASE.has(answer[3]! & 0xf)) return answer;
      }
      return undefined;
    } finally {
      this.#waiting--;
    }
  }
}

async function askUdp(netnsPath: string, upstream: Upstream, query: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  // It may fail before anybody waits for it.
  promise.catch(() => {});
  const socket = await from(netnsPath, upstream, () =>
    Bun.udpSocket({
      connect: { hostname: upstream.address, port: 53 },
      socket: {
        data(_socket, bytes) {
          if (bytes.length >= 12 && bytes[0] === query[0] && bytes[1] === query[1])
            resolve(Uint8Array.from(bytes));
        },
        error: (error) => reject(error as unknown as Error),
      },
    }),
  );
  const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE_MS);
  try {
    socket.send(query);
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function askTcp(netnsPath: string, upstream: Upstream, query: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  // It may fail before anybody waits for it.
  promise.catch(() => {});
  const frames = new FrameReader((message) => resolve(message));
  const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE_MS);
  const opening = from(netnsPath, upstream, () =>
    Bun.connect({
      hostname: upstream.address,
      port: 53,
      socket: {
        open: (socket) => void socket.write(frame(query)),
        data: (_socket, bytes) => frames.push(bytes),
        close: () => reject(new Error("connection closed")),
        error: (_socket, error) => reject(error),
        connectError: (_socket, error) => reject(error),
      },
    }),
  );
  opening.catch(reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    opening.then((socket) => socket.end()).catch(() => {});
  }
}

/** A message as TCP carries it: after its length. */
export function frame(message: Uint8Array): Uint8Array {
  const out = Buffer.alloc(2 + message.length);
  out.writeUInt16BE(message.length, 0);
  out.set(message, 2);
  return out;
}

/** Puts messages together from what TCP delivers. */
export class FrameReader {
  #pending = Buffer.alloc(0);
  readonly #found: (message: Uint8Array) => void;

  constructor(found: (message: Uint8Array) => void) {
    this.#found = found;
  }

  push(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 2) {
      const end = 2 + this.#pending.readUInt16BE(0);
      if (this.#pending.length < end) return;
      const message = Uint8Array.from(this.#pending.subarray(2, end));
      this.#pending = this.#pending.subarray(end);
      this.#found(message);
    }
  }
}
