import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { compressLayer } from "./compress.ts";

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

const collect = async (parts: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
};

test("compressLayer() gives the same bytes however its input is cut", async () => {
  const tar = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `line ${i * i} of the file\n`).join(""));
  const first = await collect(compressLayer(cut(tar, 512)));
  for (const size of [1000, 65_536, 300_001])
    expect(await collect(compressLayer(cut(tar, size)))).toEqual(first);
  expect(gunzipSync(first)).toEqual(tar);
});

test("compressLayer() passes a failure of its input on", async () => {
  const broken = (async function* () {
    yield Buffer.from("x");
    throw new Error("the disk broke");
  })();
  await expect(collect(compressLayer(broken))).rejects.toThrow("the disk broke");
});
