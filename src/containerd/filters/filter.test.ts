import { describe, expect, test } from "bun:test";
import { compileFilters, labelOf } from "./filter.ts";

interface Thing {
  topic: string;
  labels: Record<string, string>;
}
const thing: Thing = { topic: "/tasks/exit", labels: { "a.b/c": "x y", empty: "", name: "Abc" } };
const read = (object: Thing, path: readonly string[]) =>
  path[0] === "labels" ? labelOf(object.labels, path) : path[0] === "topic" ? object.topic : undefined;
const matches = (...filters: string[]) => compileFilters(filters, read)(thing);

describe("compileFilters()", () => {
  test("lets everything through without filters", () => {
    expect(matches()).toBe(true);
    expect(matches("")).toBe(true);
  });
  test("compares, with values quoted or bare", () => {
    expect(matches('topic=="/tasks/exit"')).toBe(true);
    expect(matches('topic!="/tasks/exit"')).toBe(false);
    expect(matches("labels.name==Abc")).toBe(true);
    expect(matches("labels.name == Abc")).toBe(true);
    expect(matches('labels."a.b/c"=="x y"')).toBe(true);
    expect(matches('labels.name=="\\x41\\142\\u0063"')).toBe(true);
  });
  test("matches regular expressions, bare or between marks", () => {
    expect(matches("topic~=|^/tasks/|")).toBe(true);
    expect(matches('topic~="^/containers/"')).toBe(false);
    expect(matches("topic~=/exit$/")).toBe(true);
    expect(matches("labels.name~=^A.c$")).toBe(true);
    expect(matches("labels.name~=(?i)^aBC$")).toBe(true);
    expect(matches("labels.name~=^[[:alpha:]]+$")).toBe(true);
    expect(matches("labels.name~=(")).toBe(false);
  });
  test("tells a field that is there and not empty", () => {
    expect(matches('labels."a.b/c"')).toBe(true);
    expect(matches("labels.empty")).toBe(false);
    expect(matches("labels.none")).toBe(false);
    expect(matches("labels.none!=x")).toBe(true);
    expect(matches('labels.none!=""')).toBe(false);
  });
  test("wants all selectors of one filter and any filter of several", () => {
    expect(matches("labels.name==Abc,labels.none")).toBe(false);
    expect(matches("topic==nope", "labels.name==Abc")).toBe(true);
  });
  test("refuses what is no filter, and shows where", () => {
    expect(() => matches("topic==")).toThrow(
      "filters: parse error: [topic==]: expected value or quoted: invalid argument",
    );
    expect(() => matches("==x")).toThrow("[ >|=|< =x]: expected field or quoted");
    expect(() => matches("topic=x")).toThrow('[topic >|=|< x]: unsupported operator "="');
    expect(() => matches("topic~=/tasks/exit")).toThrow("[topic~=/tasks/ >|e|< xit]: unexpected input: e");
    expect(() => matches("topic x")).toThrow('expected an operator ("=="|"!="|"~=")');
    expect(() => matches("topic==/tasks/exit")).toThrow(
      "[topic== >|/|< tasks/exit]: invalid quote encountered",
    );
    expect(() => matches('topic=="x')).toThrow("quoted literal not terminated");
    expect(() => matches('topic=="\\w"')).toThrow("illegal escape sequence");
    expect(() => matches('topic=="\\x4"')).toThrow("illegal numeric escape sequence");
  });
});
