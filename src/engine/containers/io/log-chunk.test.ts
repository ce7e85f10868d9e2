import { expect, test } from "bun:test";
import type { LogEntry } from "../../logs/types.ts";
import { frame } from "./frames.ts";
import { chunkOf } from "./log-chunk.ts";

const time = "2026-01-02T03:04:05.6Z";
const entries: LogEntry[] = [
  { line: "plain\n", stream: "stdout", time },
  { line: "äöü €\n", stream: "stderr", time },
  { line: new Uint8Array([1, 255, 10]), stream: "stdout", time },
];

test("chunkOf() gives each entry a frame of its bytes", () => {
  const expected = entries.map(({ line, stream }) => frame(stream, Buffer.from(line as string)));
  expect(chunkOf(entries, { framed: true, prefix: undefined })).toEqual(Buffer.concat(expected));
});

test("chunkOf() puts the prefix into the frame", () => {
  const chunk = chunkOf(entries.slice(1, 2), { framed: true, prefix: () => "é " });
  expect(chunk).toEqual(Buffer.from(frame("stderr", Buffer.from("é äöü €\n"))));
});

test("chunkOf() leaves the frames out for a terminal", () => {
  const chunk = chunkOf(entries.slice(0, 2), { framed: false, prefix: ({ stream }) => `${stream} ` });
  expect(chunk.toString()).toBe("stdout plain\nstderr äöü €\n");
});
