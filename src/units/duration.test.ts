import { expect, test } from "bun:test";
import { durationIn, parseDuration } from "./duration.ts";

test("parseDuration() reads what Go writes", () => {
  expect(["1m30s", "1.5h", "-2s", "0", "100ms", "2µs", ".5s"].map(parseDuration)).toEqual([
    ...[90e9, 5400e9, -2e9, 0, 100e6],
    ...[2000, 0.5e9],
  ]);
});

test.each([
  ["5", 'time: missing unit in duration "5"'],
  ["x", 'time: invalid duration "x"'],
  ["", 'time: invalid duration ""'],
  ["5d", 'time: unknown unit "d" in duration "5d"'],
])("parseDuration() refuses %j", (text, why) => {
  expect(() => parseDuration(text)).toThrow(why);
  expect(durationIn(text)).toBeUndefined();
});
