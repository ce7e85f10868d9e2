import { expect, test } from "bun:test";
import { ConsoleReport } from "./console-report.ts";

function shown(...lines: string[]): string[] {
  const all: string[] = [];
  const report = new ConsoleReport((line) => all.push(line));
  for (const line of lines) report.line(line);
  report.end();
  return all;
}

const FAILURE = [
  "error: expect(received).toEqual(expected)",
  '-   "",',
  '+   "Error: no",',
  "      at ok (/repo/test/x.test.ts:34:26)",
];

test("of a file that fails all but the passed tests is shown, in order", () => {
  const lines = ["PEQUOD-VM file x", "(pass) one", ...FAILURE, "(fail) two", " 1 pass", "PEQUOD-VM exit 1"];
  expect(shown("[  1.0] kernel", ...lines)).toEqual(lines.filter((line) => !line.startsWith("(pass)")));
});
test("of a file that passes only its name is shown", () => {
  expect(shown("PEQUOD-VM file x", "(pass) one", "noise", "PEQUOD-VM exit 0")).toEqual([
    "PEQUOD-VM file x",
    "PEQUOD-VM exit 0",
  ]);
});
test("a file that does not end is shown as far as it came", () => {
  expect(shown("PEQUOD-VM file x", "(pass) one", "said last")).toEqual(["PEQUOD-VM file x", "said last"]);
});
