import { describe, expect, test } from "bun:test";
import { KeyedLock } from "./keyed-lock.ts";
import { Lock } from "./lock.ts";

describe.each([
  ["Lock", () => new Lock()],
  [
    "KeyedLock of one key",
    () => {
      const lock = new KeyedLock();
      return { run: <T>(work: () => Promise<T>) => lock.run("key", work) };
    },
  ],
])("%s", (_, make) => {
  test("lets one in at a time, in the order of arrival, also after one that failed", async () => {
    const [lock, gate] = [make(), Promise.withResolvers<void>()];
    const seen: string[] = [];
    const first = lock.run(async () => {
      seen.push("first begins");
      await gate.promise;
      seen.push("first ends");
      throw new Error("broken");
    });
    const second = lock.run(async () => seen.push("second"));
    const third = lock.run(async () => seen.push("third"));
    gate.resolve();
    await expect(first).rejects.toThrow("broken");
    await Promise.all([second, third]);
    expect(seen).toEqual(["first begins", "first ends", "second", "third"]);
  });
});

test("KeyedLock runs work of different keys at the same time", async () => {
  const lock = new KeyedLock();
  const met = Promise.withResolvers<void>();
  const waits = lock.run("a", () => met.promise);
  await lock.run("b", async () => met.resolve());
  await waits;
});
