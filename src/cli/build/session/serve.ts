/**
 * A session with the engine: the connection of POST /session is turned around, and the client answers on it, as a gRPC
 * server, what the build asks for. Loaded for builds that need it only.
 */
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import type { Hijacked } from "../../../api/client/client.ts";
import { EngineError, kindOf, messageOf, notImplemented } from "../../../errors/errors.ts";
import { GRPC_CODE } from "../../../errors/grpc.ts";
import { framed, unframed } from "../../../grpc/framing.ts";
import type { Cli } from "../../cli.ts";

/** What a method does with the messages that it gets: it gives those to be sent. */
export type Method = (
  messages: AsyncIterable<Uint8Array>,
  metadata: Readonly<Record<string, string>>,
) => AsyncIterable<Uint8Array>;

/** "/moby.buildkit.secrets.v1.Secrets/GetSecret" → what it does. */
export type Methods = Readonly<Record<string, Method>>;

export interface OpenSession {
  id: string;
  close(): void;
}

/** Errors: the engine's, if it knows no sessions. */
export async function openSession(cli: Cli, methods: Methods): Promise<OpenSession> {
  const id = crypto.randomUUID().replaceAll("-", "");
  const connection = await cli.client.hijack("/session", {
    headers: {
      Upgrade: "h2c",
      "X-Docker-Expose-Session-Uuid": id,
      "X-Docker-Expose-Session-Name": "build",
      "X-Docker-Expose-Session-Grpc-Method": Object.keys(methods).join(", "),
    },
  });
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    const metadata = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    );
    void answer(stream, methods[String(headers[":path"])], metadata);
  });
  server.on("sessionError", () => connection.close());
  server.emit("connection", asStream(connection));
  return { id, close: () => connection.close() };
}

async function answer(
  stream: ServerHttp2Stream,
  method: Method | undefined,
  metadata: Record<string, string>,
): Promise<void> {
  let status: { code: number; message: string } = { code: 0, message: "" };
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    const { code, message } = status;
    const words = message === "" ? {} : { "grpc-message": encodeURIComponent(message) };
    stream.sendTrailers({ "grpc-status": String(code), ...words });
  });
  try {
    if (!method) throw notImplemented("the client has no such method");
    for await (const message of method(unframed(stream), metadata)) {
      if (!stream.write(framed(message))) await drained(stream);
    }
  } catch (error) {
    const code = error instanceof EngineError ? GRPC_CODE[kindOf(error)] : GRPC_CODE.system;
    status = { code, message: messageOf(error) };
  }
  stream.end();
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.once("drain", done).once("close", done);
  });
}

function asStream(connection: Hijacked): Duplex {
  let reading = false;
  return new Duplex({
    async read() {
      if (reading) return;
      reading = true;
      const chunk = await connection.read().catch(() => undefined);
      reading = false;
      this.push(chunk ?? null);
    },
    write(chunk: Uint8Array, _encoding, done) {
      connection.write(chunk).then(() => done(), done);
    },
    final(done) {
      connection.closeWrite();
      done();
    },
  });
}
