import { expect, test } from "bun:test";
import { render } from "./oci-hook.ts";

const STATE = { id: "c", bundle: "/b", pid: 7, status: "created", annotations: { "a.b/c": "value" } };

test.each([
  ["--pid={{pid}}", "--pid=7"],
  ["{{rootfs}}", "/b/rootfs"],
  ["{{ id }} in {{bundle}} is {{status}}", "c in /b is created"],
  ['{{annotation "a.b/c"}} and {{annotation "none"}}', "value and "],
  ["{} { {x} $HOME", "{} { {x} $HOME"],
])("render() of %s", (text, filled) => {
  expect(render(text, STATE, "/b/rootfs")).toBe(filled);
});

test.each(["{{secret}}", '{{id "x"}}', "{{annotation}}", "{{constructor}}"])(
  "render() refuses %s",
  (text) => {
    expect(() => render(text, STATE, "/b/rootfs")).toThrow("is not known");
  },
);
