import { expect, test } from "bun:test";
import { batched } from "./batched.ts";

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
