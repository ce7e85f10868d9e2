import { expect, test } from "bun:test";
import { turn } from "./turn.ts";

/** Keeps the processor busy for so many milliseconds. */
function work(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

test("turn() lets the event loop turn between pieces of long work, however many do it at once", async () => {
  let turns = 0;
  let working = true;
  const count = (): void => {
    turns++;
    if (working) setImmediate(count);
  };
  setImmediate(count);
  const long = async (): Promise<void> => {
    for (let piece = 0; piece < 20; piece++) {
      work(3);
      const waiting = turn();
      if (waiting) await waiting;
    }
  };
  await Promise.all([long(), long()]);
  working = false;
  // 40 pieces of 3 ms, two or three of the one and one of the other in a turn; without turn() there would be one turn.
  expect(turns).toBeGreaterThanOrEqual(5);
});

test("turn() does not wait for what is short", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect([turn(1000), turn(1003)]).toEqual([undefined, undefined]);
  await expect(turn(1005)).resolves.toBeUndefined();
});
