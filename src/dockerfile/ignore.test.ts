import { describe, expect, test } from "bun:test";
import { IgnoreRules, readIgnoreFile } from "./ignore.ts";

describe("readIgnoreFile()", () => {
  test("cleans patterns", () => {
    expect(readIgnoreFile("\uFEFFa\n# no\n  b/  \n\n/c\n!d/../e\n! f\n./g\n #h\n/\n")).toEqual([
      "a",
      "b",
      "c",
      "!e",
      "!f",
      "g",
      "#h",
      "/",
    ]);
  });
});

describe("IgnoreRules", () => {
  const ignores = (patterns: string, path: string) => new IgnoreRules(readIgnoreFile(patterns)).ignores(path);
  test.each([
    ["a", "a", true],
    ["a", "a/b/c", true],
    ["a", "b/a", false],
    ["a", "ab", false],
    ["/a", "a", true],
    ["*", "a/b", true],
    ["*.md", "x.md", true],
    ["*.md", "d/x.md", false],
    ["*/*.md", "d/x.md", true],
    ["**/*.md", "d/e/x.md", true],
    ["**/*.md", "x.md", true],
    ["**", "any/thing", true],
    ["a/**", "a", false],
    ["a/**", "a/b/c", true],
    ["a/**/z", "a/z", true],
    ["a/**/z", "a/b/c/z", true],
    ["**/node_modules", "x/node_modules/y", true],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[a-c]x", "bx", true],
    ["[^a-c]x", "bx", false],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a.b", "axb", false],
    ["a+(b)", "a+(b)", true],
    ["*\n!a", "a", false],
    ["*\n!a", "a/b", false],
    ["*\n!a\na/b", "a/b", true],
    ["docs\n!docs/README.md", "docs/README.md", false],
    ["docs\n!docs/README.md", "docs/other", true],
    ["!a\n*", "a", true],
  ])("%j on %s: %p", (patterns, path, result) => expect(ignores(patterns, path)).toBe(result));

  test("refuses what makes no sense", () => {
    expect(() => new IgnoreRules(["!"])).toThrow('illegal exclusion pattern: "!"');
    expect(() => new IgnoreRules(["[a"])).toThrow("syntax error in pattern");
  });
});
