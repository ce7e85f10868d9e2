/** With node:http2 on the other side, over sockets: megabytes on many streams at once, both ways. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connectHttp2, listenHttp2 } from "./socket.ts";
import type { Stream, StreamEvents } from "./stream.ts";

const folder = mkdtempSync("/tmp/pequod-http2-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STREAMS = 40;
const SIZE = 1_500_000;
const content = (seed: number) => Buffer.alloc(SIZE, `stream ${seed}, `);
const digest = (bytes: Uint8Array | string) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** Sends back what comes, as it comes, and ends with a trailer. */
function echo(stream: Stream, ended: boolean): StreamEvents {
  stream.sendFields([[":status", "200"]]);
  const end = () => stream.end([["x-end", "yes"]]);
  if (ended) end();
  return {
    fields: () => end(),
    data(piece, last) {
      stream.send(piece);
      stream.consumed(piece.length);
      if (last) end();
    },
    writable() {},
    aborted() {},
  };
}

/** One request of node's client; resolves to the digest of the answer and the trailer. */
function exchange(session: http2.ClientHttp2Session, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = session.request({ ":method": "POST", ":path": "/echo" }, { endStream: false });
    const pieces: Buffer[] = [];
    let trailer = "";
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("trailers", (trailers) => {
      trailer = String(trailers["x-end"]);
    });
    request.on("end", () => resolve(`${digest(Buffer.concat(pieces))} ${trailer}`));
    request.on("error", reject);
    request.end(body);
  });
}

test("our server and node's client", async () => {
  const path = join(folder, "ours.sock");
  const listener = listenHttp2(path, (make) => make({ accept: (stream, _, ended) => echo(stream, ended) }));
  const session = http2.connect("http://localhost", { path } as http2.ClientSessionOptions);
  const bodies = Array.from({ length: STREAMS }, (_, seed) => content(seed));
  const answers = await Promise.all(bodies.map((body) => exchange(session, body)));
  expect(answers).toEqual(bodies.map((body) => `${digest(body)} yes`));
  session.destroy();
  listener.stop();
}, 60_000);

test("our client and node's server", async () => {
  const server = http2.createServer();
  server.on("stream", (stream: http2.ServerHttp2Stream) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "yes" }));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = await connectHttp2({ hostname: "127.0.0.1", port });
  const ask = (body: Buffer) =>
    new Promise<string>((resolve, reject) => {
      const pieces: Uint8Array[] = [];
      const stream = connection.open(
        [
          [":method", "POST"],
          [":path", "/echo"],
          [":scheme", "http"],
          [":authority", "x"],
        ],
        {
          fields(fields, ended) {
            if (ended)
              resolve(`${digest(Buffer.concat(pieces))} ${fields.find(([name]) => name === "x-end")?.[1]}`);
          },
          data(piece) {
            pieces.push(piece);
            stream.consumed(piece.length);
          },
          writable() {},
          aborted: reject,
        },
      );
      for (let at = 0; at < body.length; at += 100_000) stream.send(body.subarray(at, at + 100_000));
      stream.end();
    });
  const bodies = Array.from({ length: STREAMS }, (_, seed) => content(seed));
  const answers = await Promise.all(bodies.map(ask));
  expect(answers).toEqual(bodies.map((body) => `${digest(body)} yes`));
  connection.destroy();
  server.close();
}, 60_000);
