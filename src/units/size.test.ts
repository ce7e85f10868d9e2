import { expect, test } from "bun:test";
import { humanSize, parseSize } from "./size.ts";

test("parseSize() takes bytes and binary units in any spelling", () => {
  expect(["1024", "64m", "64MiB", "1.5g", "2 kB"].map(parseSize)).toEqual([
    1024, 67108864, 67108864, 1610612736, 2048,
  ]);
});
test("parseSize() refuses anything else", () => {
  for (const text of ["", "m", "-1"]) expect(() => parseSize(text)).toThrow(`invalid size: '${text}'`);
  for (const text of ["x", "mm", "bi", "kbb"])
    expect(() => parseSize(`1${text}`)).toThrow(`invalid suffix: '${text}'`);
  expect(() => parseSize("1.2.3m")).toThrow('strconv.ParseFloat: parsing "1.2.3": invalid syntax');
});
test("humanSize() has decimal units and four digits, as Docker shows sizes", () => {
  expect([999, 1_084_040, 10_737_418_240].map(humanSize)).toEqual(["999B", "1.084MB", "10.74GB"]);
});
