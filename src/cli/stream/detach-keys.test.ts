import { describe, expect, test } from "bun:test";
import { DEFAULT_DETACH_KEYS, DetachFilter, parseDetachKeys } from "./detach-keys.ts";

describe("parseDetachKeys()", () => {
  test("reads letters and control keys", () => {
    expect(parseDetachKeys("ctrl-p,ctrl-q")).toEqual([...DEFAULT_DETACH_KEYS]);
    expect(parseDetachKeys("a,ctrl-@,ctrl-_,ctrl-[")).toEqual([97, 0, 31, 27]);
  });
  test("refuses what is no key", () => {
    expect(() => parseDetachKeys("foo")).toThrow("Unknown character: 'foo'");
    expect(() => parseDetachKeys("ctrl-A")).toThrow("Unknown character: 'ctrl-A'");
    expect(() => parseDetachKeys("")).toThrow("Unknown character: ''");
  });
});

describe("DetachFilter", () => {
  const bytes = (...list: number[]) => Uint8Array.from(list);
  test("passes other input on and finds the sequence within one piece", () => {
    const filter = new DetachFilter(DEFAULT_DETACH_KEYS);
    expect(filter.push(bytes(1, 2))).toEqual({ data: bytes(1, 2), detached: false });
    expect(filter.push(bytes(3, 16, 17, 9))).toEqual({ data: bytes(3), detached: true });
  });
  test("finds the sequence across pieces, holding its beginning back", () => {
    const filter = new DetachFilter(DEFAULT_DETACH_KEYS);
    expect(filter.push(bytes(5, 16))).toEqual({ data: bytes(5), detached: false });
    expect(filter.push(bytes(17))).toEqual({ data: bytes(), detached: true });
  });
  test("gives a beginning back when something else follows", () => {
    const filter = new DetachFilter(DEFAULT_DETACH_KEYS);
    filter.push(bytes(16));
    expect(filter.push(bytes(65))).toEqual({ data: bytes(16, 65), detached: false });
  });
});
