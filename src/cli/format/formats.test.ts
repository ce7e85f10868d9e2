import { describe, expect, test } from "bun:test";
import { humanDuration } from "../../units/human-duration.ts";
import { goTime } from "./go-time.ts";
import { naturalCompare } from "./natural.ts";
import { binarySize, humanSize, humanSizeDigits } from "./size.ts";
import { alignTabs } from "./table.ts";

describe("durations", () => {
  test("are told as people do", () => {
    const told = [0, 1, 59, 60, 119, 120, 3599, 3600, 7200, 48 * 3600, 14 * 86400, 59 * 86400, 800 * 86400];
    expect(told.map(humanDuration)).toEqual([
      "Less than a second",
      "1 second",
      "59 seconds",
      "About a minute",
      "About a minute",
      "2 minutes",
      "59 minutes",
      "About an hour",
      "2 hours",
      "2 days",
      "2 weeks",
      "8 weeks",
      "2 years",
    ]);
  });
});

test("sizes have as many digits as stock's", () => {
  expect([0, 999, 1000, 1234567, 2e9].map(humanSize)).toEqual(["0B", "999B", "1kB", "1.235MB", "2GB"]);
  expect(humanSizeDigits(1981234, 3)).toBe("1.98MB");
  expect([1024, 25276510208].map(binarySize)).toEqual(["1KiB", "23.54GiB"]);
});

describe("alignTabs()", () => {
  test("makes columns as wide as their widest cell and three more, at least ten", () => {
    expect(alignTabs("A\tB\nlonger than ten\tx\n")).toBe("A                 B\nlonger than ten   x\n");
    expect(alignTabs("A\tB\n")).toBe("A         B\n");
  });
  test("counts wide characters as two", () => {
    expect(alignTabs("日本語日本語\t|\nabc\t|\n")).toBe("日本語日本語   |\nabc            |\n");
  });
});

test("naturalCompare() orders numbers by value", () => {
  expect(["a10", "a2", "b1", "a2b"].sort(naturalCompare)).toEqual(["a2", "a2b", "a10", "b1"]);
});

test("goTime() has date, time, offset and zone", () => {
  expect(goTime(0)).toMatch(/^19(70|69)-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} \S+$/);
});
