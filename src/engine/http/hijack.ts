import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex, type Readable } from "node:stream";
import type { Hijacked } from "./route.ts";

/** The client asked for "Upgrade: tcp": from here on the connection is a raw stream, half-closable. */
export function hijackSocket(socket: Socket, contentType: string): Hijacked {
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  return { socket, input: inputOf(socket) };
}

/** A client that did not ask to upgrade gets the stream as the response; what it sends is the request's body. */
export function hijackResponse(req: IncomingMessage, res: ServerResponse, contentType: string): Hijacked {
  res.writeHead(200, { "Content-Type": contentType, Connection: "close" });
  res.flushHeaders();
  return hijackStream(new ResponseStream(req, res));
}

/** A stream that is ours already. */
export function hijackStream(socket: Duplex): Hijacked {
  return { socket, input: inputOf(socket) };
}

/** A request and its response as one duplex stream. */
class ResponseStream extends Duplex {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;

  constructor(req: IncomingMessage, res: ServerResponse) {
    super({ allowHalfOpen: true });
    this.#req = req;
    this.#res = res;
    req.on("data", (chunk) => {
      if (!this.push(chunk)) req.pause();
    });
    req.on("end", () => this.push(null));
    res.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#req.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#res.write(chunk)) done();
    else this.#res.once("drain", () => done());
  }

  override _final(done: () => void): void {
    this.#res.end(done);
  }
}

/**
 * What comes in on a stream, with back-pressure, up to the sender's half-close. Unlike the stream's own iterator it
 * leaves the stream alive at the end, so that the answer can still be written.
 */
async function* inputOf(stream: Readable): AsyncGenerator<Uint8Array> {
  let wake = () => {};
  let done = false;
  const finish = () => {
    done = true;
    wake();
  };
  const onReadable = () => wake();
  stream.on("readable", onReadable);
  stream.once("end", finish);
  stream.once("close", finish);
  stream.once("error", finish);
  for (;;) {
    const chunk = stream.read() as Uint8Array | null;
    if (chunk !== null) yield chunk;
    else if (done) return;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}
