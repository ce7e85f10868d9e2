import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

const LONG_MS = 60_000;

test("Turns lets as many go on as it is told, the others in the order of arrival, also after one that failed", async () => {
  const turns = new Turns(2, LONG_MS);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const all = gates.map(({ promise }, i) =>
    turns.run(async () => {
      begun.push(i);
      await promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]!.reject(new Error("broken"));
  await expect(all[1]).rejects.toThrow("broken");
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all([all[0], all[2], all[3]]);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("Turns does not let work that hangs hold up the next, nor gives its place away twice", async () => {
  const turns = new Turns(1, 1);
  const hangs = Promise.withResolvers<void>();
  const first = turns.run(() => hangs.promise);
  await turns.run(async () => {});
  hangs.resolve();
  await first;
  expect(await turns.run(async () => "free again")).toBe("free again");
});
