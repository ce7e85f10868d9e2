import { describe, expect, test } from "bun:test";
import { parseTimestamp } from "./timestamp.ts";

describe("parseTimestamp()", () => {
  test("takes durations before now", () => {
    expect(parseTimestamp("42m", 10_000)).toBe("7480");
    expect(parseTimestamp("1h30m", 10_000)).toBe("4600");
  });
  test("takes dates with a zone, to any precision", () => {
    expect(parseTimestamp("1970-01-01T00:01Z")).toBe("60.000000000");
    expect(parseTimestamp("1970-01-01T01:00:00.5+01:00")).toBe("0.500000000");
    expect(parseTimestamp("1970-01-02Z")).toBe("86400.000000000");
  });
  test("takes dates without a zone as ours", () => {
    expect(parseTimestamp("2013-01-02T13:23:37")).toBe(
      `${new Date(2013, 0, 2, 13, 23, 37).getTime() / 1000}.000000000`,
    );
  });
  test("leaves Unix time alone", () => {
    for (const text of ["0", "1136073600", "1136073600.000000001"]) expect(parseTimestamp(text)).toBe(text);
  });
  test("refuses anything else", () => {
    expect(() => parseTimestamp("abc")).toThrow('failed to parse value as time or duration: "abc"');
    expect(() => parseTimestamp("2013-13-01")).toThrow('parsing time "2013-13-01": month out of range');
    expect(() => parseTimestamp("2013-02-30")).toThrow("day out of range");
  });
});
