import { describe, expect, test } from "bun:test";
import { compileTemplate } from "../template/execute.ts";
import { Event, eventField } from "./message.ts";

const LINE =
  '{"status":"die","id":"abc","from":"busybox","Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"name":"x","exitCode":"0"}},"scope":"local","time":1795538498,"timeNano":1795538498123456789}';
const event = new Event(LINE);
const filled = (template: string) => compileTemplate(template, eventField).execute(event);

describe("Event", () => {
  test("is a line with sorted attributes and all nine digits", () => {
    expect(event.toString()).toEndWith(".123456789Z container die abc (exitCode=0, name=x)");
  });
  test("is the JSON it came as", () => {
    expect(event.toGoJson()).toBe(LINE.replace('"name":"x","exitCode":"0"', '"exitCode":"0","name":"x"'));
    expect(filled("{{json .}}")).toBe(event.toGoJson());
  });
  test("has fields for templates", () => {
    expect(filled("{{.Type}} {{.Status}} {{.Actor.ID}} {{.Actor.Attributes.name}} {{.TimeNano}}")).toBe(
      "container die abc x 1795538498123456789",
    );
    expect(filled("{{.Actor.Attributes.none}}")).toBe("<no value>");
    expect(() => filled("{{.Foo}}")).toThrow("can't evaluate field Foo in type *events.Message");
  });
});
