import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conflict, kindOf, notFound } from "../errors/errors.ts";
import { flag, int64, many, map, one, text, uint, uint64, uint64s } from "../protobuf/kinds.ts";
import { message } from "../protobuf/message.ts";
import { Client } from "./client.ts";
import { encodeFrame, FrameParser, MAX_DATA, REQUEST } from "./frame.ts";
import { type Handler, type Server, serve } from "./server.ts";

const Inner = message({ name: text(1), big: uint64(2) });
const Outer = message({
  id: text(1),
  count: uint(2),
  on: flag(3),
  inner: one(4, Inner),
  list: many(5, Inner),
  labels: map(6, text),
  cpus: uint64s(7),
  negative: int64(8),
});

test("a message survives encoding and decoding with all kinds of field", () => {
  const value = {
    id: "ü",
    count: 4294967295,
    on: true,
    inner: { name: "a", big: 18446744073709551615n },
    list: [{ name: "b", big: 0n }],
    labels: { k: "v", "": "" },
    cpus: [1n, 300n],
    negative: -5n,
  };
  expect(Outer.decode(Outer.encode(value))).toEqual(value);
});

test("zero values are not written and read as zero values", () => {
  expect(Outer.encode({ id: "", count: 0, on: false, list: [] }).length).toBe(0);
  expect(Outer.decode(new Uint8Array(0)).inner).toBeUndefined();
});

test("bytes are those that protoc writes", () => {
  expect([...Outer.encode({ id: "hi", count: 300 })]).toEqual([0x0a, 2, 0x68, 0x69, 0x10, 0xac, 0x02]);
});

test("unknown fields are skipped and a cut message is refused", () => {
  const bytes = Outer.encode({ id: "x", inner: { name: "y" }, labels: { a: "b" } });
  expect(Inner.decode(bytes).name).toBe("x");
  expect(() => Outer.decode(bytes.subarray(0, bytes.length - 1))).toThrow("it ends within a field");
});

test("FrameParser puts frames together from single bytes", () => {
  const stream = [1, 3].map((id) => encodeFrame(id, REQUEST, 0, new Uint8Array([id, id])));
  const parser = new FrameParser();
  const frames = [...Buffer.concat(stream)].flatMap((byte) => parser.push(new Uint8Array([byte])));
  expect(frames.map((f) => [f.streamId, f.data?.length])).toEqual([
    [1, 2],
    [3, 2],
  ]);
});

test("FrameParser throws an oversized message away and goes on after it", () => {
  const parser = new FrameParser();
  const huge = encodeFrame(1, REQUEST, 0, new Uint8Array(MAX_DATA + 1));
  const frames = [
    ...parser.push(huge.subarray(0, 1000)),
    ...parser.push(huge.subarray(1000)),
    ...parser.push(encodeFrame(3, REQUEST, 0, new Uint8Array(1))),
  ];
  expect(frames.map((f) => f.data?.length)).toEqual([undefined, 1]);
});

let server: Server | undefined;
let folder: string | undefined;
afterEach(() => {
  server?.stop(true);
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

async function connected(handler: Handler, onClose?: () => void): Promise<Client> {
  folder = mkdtempSync(join(tmpdir(), "ttrpc-"));
  const path = join(folder, "s");
  server = serve({ path }, handler);
  return Client.connect(`unix://${path}`, onClose);
}

test("calls are answered, large ones and many at a time as well", async () => {
  const client = await connected(async (_call, payload) => payload);
  const payloads = [0, 1, 100_000, 3_000_000, 5].map((size) => new Uint8Array(size).fill(7));
  const answers = await Promise.all(payloads.map((payload) => client.call("s", "echo", payload)));
  expect(answers.map((answer) => answer.length)).toEqual([0, 1, 100_000, 3_000_000, 5]);
  client.close();
});

test("an error keeps its kind and message across the wire", async () => {
  const client = await connected(async (call) => {
    throw call.method === "a" ? notFound("no such task: x") : conflict("busy");
  });
  const errors = await Promise.all(
    ["a", "b"].map((method) => client.call("s", method, new Uint8Array(0)).catch((e: unknown) => e)),
  );
  expect(errors.map(kindOf)).toEqual(["notFound", "failedPrecondition"]);
  expect((errors[0] as Error).message).toBe("no such task: x");
  client.close();
});

test("a call without an answer ends at its deadline, and when the server is gone", async () => {
  const closed = Promise.withResolvers<void>();
  const client = await connected(() => new Promise(() => {}), closed.resolve);
  const late = await client.call("s", "m", new Uint8Array(0), { timeout: 20 }).catch((e: unknown) => e);
  expect(kindOf(late)).toBe("deadline");
  const pending = client.call("s", "m", new Uint8Array(0)).catch((e: unknown) => e);
  server?.stop(true);
  expect(kindOf(await pending)).toBe("unavailable");
  await closed.promise;
  expect(client.connected).toBe(false);
});
