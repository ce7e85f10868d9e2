import { expect, test } from "bun:test";
import { ZstdFrames } from "./zstd-frames.ts";

const endsOf = (bytes: Uint8Array, size: number): number[] => {
  const frames = new ZstdFrames();
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(bytes.subarray(at, at + size));
    if (frames.complete) ends.push(Math.min(at + size, bytes.length));
  }
  return ends;
};

const random = crypto.getRandomValues(new Uint8Array(60_000));
const CONTENTS: Record<string, Uint8Array> = {
  nothing: new Uint8Array(0),
  "a few bytes": Buffer.from("abc"),
  "300 bytes": Buffer.from("ab".repeat(150)),
  "one byte over and over": new Uint8Array(400_000),
  "what does not pack, in several blocks": Buffer.concat([random, random, random, random, random]),
};

/** By the program, which adds a checksum, and by the library, which does not. */
function packings(content: Uint8Array): Uint8Array[] {
  const packed: Uint8Array[] = [1, 19].map((level) => Bun.zstdCompressSync(content, { level }));
  if (Bun.which("zstd"))
    packed.push(
      Bun.spawnSync(["zstd", "-c"], { stdin: content }).stdout,
      Bun.spawnSync(["zstd", "-c", "--no-check"], { stdin: content }).stdout,
    );
  return packed;
}

test.each(Object.keys(CONTENTS))("ZstdFrames finds the end of a frame: %s", (name) => {
  for (const packed of packings(CONTENTS[name]!)) {
    expect(endsOf(packed, 1)).toEqual([packed.length]);
    expect(endsOf(packed, 70_000)).toEqual([packed.length]);
  }
});

test("ZstdFrames goes on behind a frame, and passes over what is to be skipped", () => {
  const frame = Bun.zstdCompressSync(Buffer.from("content"));
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const ends = [frame.length, frame.length + skippable.length, 2 * frame.length + skippable.length];
  expect(endsOf(Buffer.concat([frame, skippable, frame]), 1)).toEqual(ends);
});
