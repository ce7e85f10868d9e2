import { expect, test } from "bun:test";
import { checkFilter, filtersOf } from "./filter.ts";

test("checkFilter() wants NAME=VALUE, or nothing", () => {
  expect(checkFilter("a=b")).toBe("a=b");
  expect(checkFilter("")).toBe("");
  expect(() => checkFilter("a")).toThrow("bad format of filter (expected name=value)");
});
test("filtersOf() gathers the values of each name", () => {
  expect(filtersOf(["Name=a", "name = b ", "label=x=y", ""])).toBe(
    '{"name":{"a":true,"b":true},"label":{"x=y":true}}',
  );
  expect(filtersOf([])).toBeUndefined();
  expect(filtersOf(["a=b"], { type: ["container"] })).toBe('{"type":{"container":true},"a":{"b":true}}');
});
