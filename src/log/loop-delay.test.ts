import { expect, test } from "bun:test";
import { type LoopDelay, recordLoop } from "./loop-delay.ts";

test("recordLoop() tells of work that holds up the event loop, and that it was work", async () => {
  const { promise, resolve } = Promise.withResolvers<LoopDelay>();
  const stop = recordLoop(50, resolve);
  for (let until = performance.now() + 200; performance.now() < until; );
  const { held, computed } = await promise;
  stop();
  expect(held).toBeGreaterThan(50);
  expect(computed).toBeGreaterThan(0);
});
