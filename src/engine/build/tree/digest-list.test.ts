import { describe, expect, test } from "bun:test";
import { DigestList } from "./digest-list.ts";
import { sha256 } from "./hash.ts";

const sumOf = (all: string[]): string => {
  const list = new DigestList();
  for (const one of all) list.add(one);
  return list.sum();
};

describe("DigestList", () => {
  test("sums like the sorted, joined texts", () => {
    const many = Array.from({ length: 5000 }, (_, i) => sha256(String(i % 4000)));
    const close = ["00ff", "00fe", "00ff"].map((start, i) => `${start}${String(i).padStart(60, "0")}`);
    for (const all of [
      [],
      ["a/path"],
      [sha256("x")],
      many,
      [...many, ...close, "0", "ffff", "some/path", "~"],
    ])
      expect(sumOf(all)).toBe(sha256([...all].sort().join(",")));
  });
});
