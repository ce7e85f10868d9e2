import { expect, test } from "bun:test";
import { failuresOf } from "./failures.ts";

const ERROR =
  "error: expect(received).toEqual(expected)\n\n-   0,\n+   1,\n\n      at ok (/repo/x.test.ts:34:26)";

test("failuresOf() keeps the difference and the place of each failure, and nothing of what passed", () => {
  const output = `(pass) one\n33 | source\n${ERROR}\n(fail) two [3.00ms]\nerror: printed\n(pass) three\n(fail) four\n`;
  expect(failuresOf(output)).toEqual([`${ERROR}\n(fail) two [3.00ms]`, "(fail) four"]);
});
