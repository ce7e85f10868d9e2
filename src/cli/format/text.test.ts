import { describe, expect, test } from "bun:test";
import { ellipsis, goQuote, shortId } from "./text.ts";

test("shortId() drops the algorithm and keeps twelve digits", () => {
  expect(shortId("sha256:0123456789abcdef")).toBe("0123456789ab");
  expect(shortId("0123456789abcdef")).toBe("0123456789ab");
});
describe("ellipsis()", () => {
  test("leaves alone what fits", () => expect(ellipsis("12345", 5)).toBe("12345"));
  test("cuts what does not", () => expect(ellipsis("123456", 5)).toBe("1234…"));
  test("counts wide characters as two columns", () => expect(ellipsis("日本語日本語", 6)).toBe("日本…"));
});
test("goQuote() escapes as Go does", () => {
  expect(goQuote('a "b" \\ \n\x01\u00a0é…')).toBe('"a \\"b\\" \\\\ \\n\\x01\\u00a0é…"');
});
