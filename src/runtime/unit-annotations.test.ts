import { describe, expect, test } from "bun:test";
import { parseVariant } from "../linux/systemd/variant-text.ts";
import { unitAnnotations } from "./unit-annotations.ts";

describe("parseVariant()", () => {
  test("reads what people write, with and without a type", () => {
    expect(parseVariant("'inactive-or-failed'")).toEqual({ signature: "s", value: "inactive-or-failed" });
    expect(parseVariant('"it\\"s\\n"')).toEqual({ signature: "s", value: 'it"s\n' });
    expect(parseVariant(" true ")).toEqual({ signature: "b", value: true });
    expect(parseVariant("-5")).toEqual({ signature: "i", value: -5n });
    expect(parseVariant("1.5")).toEqual({ signature: "d", value: 1.5 });
    expect(parseVariant("uint64 123456789")).toEqual({ signature: "t", value: 123456789n });
    expect(parseVariant("['a', 'b']")).toEqual({ signature: "as", value: ["a", "b"] });
    expect(parseVariant("[byte 1, 2]")).toEqual({ signature: "ay", value: [1n, 2n] });
    expect(parseVariant("@as []")).toEqual({ signature: "as", value: [] });
  });
  test("refuses the rest", () => {
    for (const text of [
      "",
      "[]",
      "[1",
      "[1 2]",
      "1 2",
      "byte 256",
      "uint32 -1",
      "'open",
      "{'a': 1}",
      "x",
      "byte 'a'",
      "3000000000",
    ])
      expect(() => parseVariant(text), text).toThrow();
  });
});

describe("unitAnnotations()", () => {
  const of = (name: string, text: string) => unitAnnotations({ [`org.systemd.property.${name}`]: text });
  test("properties; seconds become microseconds", () => {
    expect(of("CollectMode", "'inactive-or-failed'")).toEqual([
      ["CollectMode", { signature: "s", value: "inactive-or-failed" }],
    ]);
    for (const text of ["456", "byte 200", "int64 456", "uint64 456"])
      expect(of("TimeoutStopSec", text)).toEqual([
        ["TimeoutStopUSec", { signature: "t", value: text === "byte 200" ? 200_000_000n : 456_000_000n }],
      ]);
    expect(of("TimeoutStopSec", "234.789")[0]![1]).toEqual({ signature: "t", value: 234_789_000n });
    expect(of("FOOSec", "1")[0]![0]).toBe("FOOSec");
    expect(unitAnnotations({ "org.systemd.other": "x" })).toEqual([]);
  });
  test("errors name the annotation", () => {
    expect(() => of("TimeoutStopSec", "'covfefe'")).toThrow(
      "org.systemd.property.TimeoutStopSec='covfefe': not a number of seconds",
    );
    expect(() => of("Xo", "1")).toThrow("three letters");
    expect(() => of("A_bc", "1")).toThrow("three letters");
  });
});
