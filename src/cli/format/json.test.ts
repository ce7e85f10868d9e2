import { expect, test } from "bun:test";
import { compactJson, indentJson } from "./json.ts";

const TEXT = '{"a": 1.50, "b":{}, "c": [ "x: y",\n 2], "d":[]}';

test("indentJson() keeps numbers, strings and order, and closes empty objects up", () => {
  expect(indentJson(TEXT, "", "  ")).toBe(
    '{\n  "a": 1.50,\n  "b": {},\n  "c": [\n    "x: y",\n    2\n  ],\n  "d": []\n}',
  );
});
test("compactJson() leaves strings alone", () => {
  expect(compactJson(TEXT)).toBe('{"a":1.50,"b":{},"c":["x: y",2],"d":[]}');
});
