import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conflict, kindOf, notFound } from "../errors/errors.ts";
import { Client } from "./client.ts";
import { encodeFrame, FrameParser, MAX_DATA, REQUEST } from "./frame.ts";
import { type Handler, type Server, serve } from "./server.ts";

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
