import { afterEach, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { Acknowledged } from "./acknowledged.ts";
import { pack } from "./msgpack.ts";
import { openTwoWay } from "./transport.ts";

let server: Server;
afterEach(() => server.close());

async function listen(onMessage: (socket: Socket, data: Buffer) => void): Promise<Acknowledged> {
  server = createServer((socket) => socket.on("data", (data) => onMessage(socket, data as Buffer)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return new Acknowledged(await openTwoWay({ scheme: "tcp", host: "127.0.0.1", port, path: "" }));
}

const ENTRY = pack(["tag", 1, { log: "x" }]);
const CHUNK = /chunk.([A-Za-z0-9+/=]{24})$/s;
const chunkOf = (data: Buffer) => CHUNK.exec(data.toString("latin1"))![1]!;

test("an entry is sent with an id, and is delivered when the id comes back, in pieces or not", async () => {
  const seen: Buffer[] = [];
  const way = await listen((socket, data) => {
    seen.push(data);
    const ack = pack({ ack: chunkOf(data) });
    socket.write(ack.subarray(0, 3));
    setTimeout(() => socket.write(ack.subarray(3)), 5);
  });
  await way.send(ENTRY);
  await way.send(ENTRY);
  expect(seen.map((data) => data[0])).toEqual([0x94, 0x94]);
  expect(seen[0]!.subarray(1, ENTRY.length)).toEqual(ENTRY.subarray(1));
  expect(chunkOf(seen[0]!)).not.toBe(chunkOf(seen[1]!));
  await way.close();
});

test("a receiver that goes away without a word has not got the entry", async () => {
  const way = await listen((socket) => socket.destroy());
  await expect(way.send(ENTRY)).rejects.toThrow();
});

test("another's id is no acknowledgement", async () => {
  const way = await listen((socket, data) => {
    socket.write(pack({ ack: "another" }));
    setTimeout(() => socket.write(pack({ ack: chunkOf(data) })), 20);
  });
  let done = false;
  const sending = way.send(ENTRY).then(() => {
    done = true;
  });
  expect(done).toBe(false);
  await sending;
  await way.close();
});
