import { describe, expect, test } from "bun:test";
import { compileFilters, labelOf } from "./filter.ts";

interface Thing {
  topic: string;
  labels: Record<string, string>;
}
const thing: Thing = { topic: "/tasks/exit", labels: { "a.b/c": "x y", empty: "" } };
const read = (object: Thing, path: readonly string[]) =>
  path[0] === "labels" ? labelOf(object.labels, path) : path[0] === "topic" ? object.topic : undefined;
const matches = (...filters: string[]) => compileFilters(filters, read)(thing);

describe("compileFilters()", () => {
  test("lets everything through without filters", () => {
    expect(matches()).toBe(true);
  });
  test("compares, with values quoted or bare", () => {
    expect(matches("topic==/tasks/exit")).toBe(true);
    expect(matches('topic=="/tasks/exit"')).toBe(true);
    expect(matches("topic!=/tasks/exit")).toBe(false);
    expect(matches('labels."a.b/c"=="x y"')).toBe(true);
  });
  test("matches regular expressions, bare, quoted or between marks", () => {
    expect(matches("topic~=/tasks/.*")).toBe(true);
    expect(matches('topic~="^/containers/"')).toBe(false);
    expect(matches("topic~=|^/tasks/|")).toBe(true);
    expect(matches("topic~=/exit$/")).toBe(true);
  });
  test("tells a field that is there and not empty", () => {
    expect(matches('labels."a.b/c"')).toBe(true);
    expect(matches("labels.empty")).toBe(false);
    expect(matches("labels.none")).toBe(false);
  });
  test("wants all selectors of one filter and any filter of several", () => {
    expect(matches("topic==/tasks/exit,labels.none")).toBe(false);
    expect(matches("topic==nope", "topic==/tasks/exit")).toBe(true);
  });
  test("refuses what is no filter", () => {
    expect(() => matches("topic==")).toThrow("a value is wanted");
    expect(() => matches("==x")).toThrow("a field name is wanted");
    expect(() => matches('topic~="("')).toThrow("no regular expression");
    expect(() => matches("topic x")).toThrow("unexpected");
  });
});
