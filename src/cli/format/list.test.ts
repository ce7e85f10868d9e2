import { describe, expect, test } from "bun:test";
import { formatList, layoutOf, probeTemplate } from "./list.ts";

const headers = { ID: "CONTAINER ID", Names: "NAMES" };
const row = (id: string, name: string) => ({
  ID: () => id,
  Names: () => name,
  Label: (label: string) => `${label} of ${id}`,
});
const list = (format: string, rows = [row("1", "one"), row("2", "a<b")]) =>
  formatList({ format, headers, rows, type: "*formatter.ContainerContext" });

describe("layoutOf()", () => {
  const layouts = { table: "table {{.ID}}\t{{.Name}}", raw: "net_id: {{.ID}}\nname: {{.Name}}\n" };
  test.each([
    ["table", false, layouts.table],
    ["table", true, "{{.ID}}"],
    ["raw", false, layouts.raw],
    ["raw", true, "net_id: {{.ID}}"],
    ["{{.Name}}", true, "{{.Name}}"],
  ])("%j, quiet: %p", (chosen, quiet, format) => {
    expect(layoutOf(chosen, quiet, layouts)).toBe(format);
  });
});

describe("formatList()", () => {
  test("aligns a table under its headers", () => {
    expect(list("table {{.ID}}\\t{{.Names}}")).toBe(
      "CONTAINER ID   NAMES\n1              one\n2              a<b\n",
    );
  });
  test("leaves headers alone where a function changes values, and names label columns for the label", () => {
    expect(list('table {{upper .Names}}\\t{{.Label "com.x.my-key"}}', [row("1", "one")])).toBe(
      "NAMES     my key\nONE       com.x.my-key of 1\n",
    );
  });
  test("writes JSON with sorted keys and HTML escapes, without columns that want arguments", () => {
    expect(list("json")).toBe('{"ID":"1","Names":"one"}\n{"ID":"2","Names":"a\\u003cb"}\n');
    expect(list("{{json .}}")).toBe(list("json"));
  });
  test("prints headers over nothing", () => {
    expect(list("table {{.ID}}", [])).toBe("CONTAINER ID\n");
    expect(list("{{.ID}}", [])).toBe("");
  });
  test("names unknown fields and missing arguments", () => {
    expect(() => list("{{.Foo}}")).toThrow(
      'template parsing error: template: :1:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *formatter.ContainerContext',
    );
    expect(() => list("{{.Label}}")).toThrow("wrong number of args for Label: want 1 got 0");
  });
});

test("probeTemplate() tells a bad template from a bad field", () => {
  const probe = (format: string) => () => probeTemplate(format, row("", ""), "T");
  expect(probe("{{.ID")).toThrow("failed to parse template: template: :1: unclosed action");
  expect(probe("{{.X}}")).toThrow("failed to execute template: template: :1:2");
  expect(probe("{{.ID}}")).not.toThrow();
});
