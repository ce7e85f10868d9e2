// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
import { describe, expect, test } from "bun:test";
import { expandWord, expandWords } from "./expand.ts";

const ENV: Record<string, string> = {
  A: "1",
  EMPTY: "",
  LIST: "a b  c",
  PATH: "/usr/lib/x.tar.gz",
  R: "héllo*",
};
const expansion = { lookup: (name: string) => ENV[name], escape: "\\" };
const expand = (word: string) => expandWord(word, expansion);

describe("expandWord()", () => {
  test.each([
    ["plain", "plain"],
    ["$A", "1"],
    ["${A}b", "1b"],
    ["$A$A", "11"],
    ["$Ab", ""],
    ["\\$A", "$A"],
    ["'$A'", "$A"],
    ['"$A"', "1"],
    ['"a\\b"', "a\\b"],
    ['"a\\"b\\$A\\\\"', 'a"b$A\\'],
    ["a\\ b", "a b"],
    ["$", "$"],
    ["a$/b", "a$/b"],
    ["$1x", "x"],
    ["${A:-x}", "1"],
    ["${EMPTY:-x}", "x"],
    ["${EMPTY-x}", ""],
    ["${NONE-x}", "x"],
    ["${NONE:-$A}", "1"],
    ["${NONE:-${OTHER:-deep}}", "deep"],
    ["${A:+x}", "x"],
    ["${EMPTY:+x}", ""],
    ["${EMPTY+x}", "x"],
    ["${NONE+x}", ""],
    ["${A:?needed}", "1"],
    ["${PATH#*/}", "usr/lib/x.tar.gz"],
    ["${PATH##*/}", "x.tar.gz"],
    ["${PATH%.*}", "/usr/lib/x.tar"],
    ["${PATH%%.*}", "/usr/lib/x"],
    ["${PATH%nope}", "/usr/lib/x.tar.gz"],
    ["${PATH/lib/share}", "/usr/share/x.tar.gz"],
    ["${PATH//r/R}", "/usR/lib/x.taR.gz"],
    ["${PATH//[/]/x}", "/usr/lib/x.tar.gz"],
    ["${R%\\*}", "héllo"],
    ["${R#h?}", "llo*"],
    ["${LIST}", "a b  c"],
  ])("%s", (word, result) => expect(expand(word)).toBe(result));

  test.each([
    ["${A", "missing '}'"],
    ["${", "missing '}'"],
    ["${}", "bad substitution"],
    ["${:x}", "bad substitution"],
    ["${A:x}", "unsupported modifier (:x)"],
    ["${A,}", "unsupported modifier (,)"],
    ["${NONE:-x", "missing '}'"],
    ["${NONE:?}", "NONE: is not allowed to be unset"],
    ["${EMPTY:?}", "EMPTY: is not allowed to be empty"],
    ["${NONE?give it}", "NONE: give it"],
    ["'a", "matching single-quote"],
    ['"a', "matching double-quote"],
  ])("%s is an error", (word, message) => expect(() => expand(word)).toThrow(message));

  test("tells of names that are not set", () => {
    const missing: string[] = [];
    expandWord("$A $X ${Y:-d} ${Z}", { ...expansion, missing: (name) => missing.push(name) });
    expect(missing).toEqual(["X", "Z"]);
  });
});

describe("expandWords()", () => {
  test.each([
    ["$LIST", ["a", "b", "c"]],
    ['"$LIST"', ["a b  c"]],
    ["x$LIST", ["xa", "b", "c"]],
    ["$NONE", []],
    ["''", [""]],
    ["80", ["80"]],
  ])("%s", (word, result) => expect(expandWords(word, expansion)).toEqual(result));
});
