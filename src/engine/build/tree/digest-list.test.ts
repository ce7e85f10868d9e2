import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { DigestList } from "./digest-list.ts";
import { sha256 } from "./hash.ts";

describe("DigestList", () => {
  test.each([undefined, 1000, 1])("sums like the sorted, joined texts, with %p in memory", async (most) => {
    const folder = mkdtempSync("/tmp/pequod-digests-");
    const sumOf = (all: string[]): Promise<string> => {
      const list = new DigestList({ folder, ...(most === undefined ? {} : { most }) });
      for (const one of all) list.add(one);
      return list.sum();
    };
    const many = Array.from({ length: most === 1 ? 50 : 5000 }, (_, i) => sha256(String(i % 4000)));
    const close = ["00ff", "00fe", "00ff"].map((start, i) => `${start}${String(i).padStart(60, "0")}`);
    for (const all of [
      [],
      ["a/path"],
      [sha256("x")],
      many,
      [...many, ...close, "0", "ffff", "some/path", "~"],
    ])
      expect(await sumOf(all)).toBe(sha256([...all].sort().join(",")));
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
