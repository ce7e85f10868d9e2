import { expect, test } from "bun:test";
import { batched, gathered } from "./batched.ts";

test("batched() keeps every byte in order, in fewer pieces", async () => {
  const pieces = Array.from({ length: 100 }, (_, i) => new Uint8Array([i, i]));
  const source = (async function* () {
    yield* pieces;
    yield new Uint8Array(0);
  })();
  const got: Uint8Array[] = [];
  for await (const piece of batched(source, 64)) got.push(piece);
  expect(got.map(({ length }) => length)).toEqual([64, 64, 64, 8]);
  expect(Buffer.concat(got)).toEqual(Buffer.concat(pieces));
});

test("gathered() keeps every byte in order, in pieces of one size and one buffer", async () => {
  async function* source() {
    for (const length of [3, 0, 130, 64, 1]) yield Buffer.alloc(length, length);
  }
  const got: Buffer[] = [];
  for await (const piece of gathered(source(), 64)) got.push(Buffer.from(piece));
  expect(got.map(({ length }) => length)).toEqual([64, 64, 64, 6]);
  const whole = Buffer.concat([3, 130, 64, 1].map((length) => Buffer.alloc(length, length)));
  expect(Buffer.concat(got).equals(whole)).toBe(true);
});
