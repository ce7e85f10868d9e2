import { describe, expect, test } from "bun:test";
import { compileTemplate } from "./execute.ts";
import type { TemplateError } from "./nodes.ts";
import { GoStruct, structField } from "./struct.ts";

const data = new GoStruct("pack.Thing", {
  Name: { value: "<x>" },
  Old: { value: "gone", json: null },
  Count: { value: 0, json: "count" },
  None: { value: "", omitEmpty: true },
  Big: { value: 1795539855723954000n },
  Inner: { value: new GoStruct("pack.Inner", { A: { value: 1 }, B: { value: null } }) },
});

describe("GoStruct", () => {
  test("has its fields in order in JSON, under their names there, empty ones left out where said", () => {
    const json = '{"Name":"\\u003cx\\u003e","count":0,"Big":1795539855723954000,"Inner":{"A":1,"B":null}}';
    expect(compileTemplate("{{json .}}", structField).execute(data)).toBe(json);
  });
  test("prints as Go prints structs", () => {
    expect(compileTemplate("{{.Inner}} {{.Inner.A}} {{.Big}}", structField).execute(data)).toBe(
      "{1 <nil>} 1 1795539855723954000",
    );
  });
  test("names its type when a field is not there, and the error has what was printed before", () => {
    const run = () => compileTemplate("ab{{.Foo}}", structField).execute(data);
    expect(run).toThrow(
      'template: :1:4: executing "" at <.Foo>: can\'t evaluate field Foo in type pack.Thing',
    );
    try {
      run();
    } catch (error) {
      expect((error as TemplateError).printed).toBe("ab");
    }
  });
});
