import { describe, expect, test } from "bun:test";
import {
  bytes,
  contents,
  double,
  flag,
  given,
  int32,
  int64,
  many,
  map,
  one,
  text,
  texts,
  uint,
  uint64,
  uint64s,
} from "./kinds.ts";
import { message } from "./message.ts";

const hex = (encoded: Uint8Array) => Buffer.from(encoded).toString("hex");
const fromHex = (digits: string) => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));

const Inner = message({ name: text(1), size: uint(2) });
const Everything = message({
  text: text(1),
  uint: uint(2),
  uint64: uint64(3),
  int64: int64(4),
  int32: int32(5),
  double: double(6),
  flag: flag(7),
  bytes: bytes(8),
  one: one(9, Inner),
  many: many(10, Inner),
  texts: texts(11),
  contents: contents(12),
  uint64s: uint64s(13),
  labels: map(14, text),
  parts: map(15, (value) => one(value, Inner)),
  given: given(200),
});

const WHOLE = {
  text: "grüße 🐳",
  uint: 2 ** 32 - 1,
  uint64: 2n ** 64n - 1n,
  int64: -(2n ** 63n),
  int32: -1,
  double: 1.5,
  flag: true,
  bytes: new Uint8Array([0, 255]),
  one: { name: "one", size: 300 },
  many: [
    { name: "", size: 0 },
    { name: "two", size: 2 },
  ],
  texts: ["", "x"],
  contents: [new Uint8Array(0), new Uint8Array([7])],
  uint64s: [0n, 2n ** 60n],
  labels: { a: "b", "": "" },
  parts: { p: { name: "part", size: 1 } },
  given: 0,
};

describe("message()", () => {
  test("what is encoded decodes to the same", () => {
    expect(Everything.decode(Everything.encode(WHOLE))).toEqual(WHOLE);
  });
  test("writes fields as protoc's own encoder does", () => {
    expect(hex(Inner.encode({ name: "ab", size: 300 }))).toBe("0a02616210ac02");
    expect(hex(Everything.encode({ int32: -1 }))).toBe("28ffffffffffffffffff01");
    expect(hex(Everything.encode({ double: 1.5 }))).toBe("31000000000000f83f");
    expect(hex(Everything.encode({ uint64s: [1n, 300n] }))).toBe("6a0301ac02");
    expect(hex(Everything.encode({ labels: { a: "b" } }))).toBe("72060a0161120162");
    expect(hex(Everything.encode({ given: 0 }))).toBe("c00c00");
  });
  test("zero values are not written, and absent fields read as zero values", () => {
    const zero = Everything.decode(new Uint8Array(0));
    expect(zero).toMatchObject({ text: "", uint: 0, uint64: 0n, flag: false, many: [], labels: {} });
    expect([zero.one, zero.given]).toEqual([undefined, undefined]);
    expect(Everything.encode(zero)).toHaveLength(0);
  });
  test("skips unknown fields, and known ones of another wire type", () => {
    const unknown = "a006 01" + "a106 0000000000000000" + "a206 01ff" + "a506 00000000";
    expect(Inner.decode(fromHex(`${unknown} 0a0161`))).toEqual({ name: "a", size: 0 });
    expect(Inner.decode(fromHex("0801 1201ff 0a0161"))).toEqual({ name: "a", size: 0 });
  });
  test("reads repeated numbers in both forms", () => {
    expect(Everything.decode(fromHex("6801 6a020203")).uint64s).toEqual([1n, 2n, 3n]);
  });
  test("a key of a map may be any text", () => {
    const { labels } = Everything.decode(Everything.encode(JSON.parse('{"labels":{"__proto__":"x"}}')));
    expect(Object.entries(labels)).toEqual([["__proto__", "x"]]);
  });
  test.each([
    ["0a05 61", "it ends within a field"],
    ["0a", "it ends within a field"],
    ["10 ffffffffffffffffffff01", "a varint is longer than 10 bytes"],
    ["1a ffffffffffffffffff7f", "it ends within a field"],
    ["0b", "wire type 3"],
  ])("refuses %s", (digits, reason) => {
    expect(() => Inner.decode(fromHex(digits))).toThrow(`malformed message: ${reason}`);
  });
});
