/**
 * A session with the engine: the connection of POST /session is turned around, and the client answers on it, as a gRPC
 * server, what the build asks for. Loaded for builds that need it only.
 */
import { Duplex } from "node:stream";
import type { Hijacked } from "../../../api/client/client.ts";
import { rawMethod } from "../../../grpc/raw-method.ts";
import { serveDuplex } from "../../../grpc/server.ts";
import type { MethodTable } from "../../../grpc/service.ts";
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
  serveDuplex(asStream(connection), tableOf(methods), () => connection.close());
  return { id, close: () => connection.close() };
}

function tableOf(methods: Methods): MethodTable {
  return {
    get: (path) => methods[path] && rawMethod(path, methods[path]),
    missing: () => "the client has no such method",
  };
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
