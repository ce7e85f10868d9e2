import { describe, expect, test } from "bun:test";
import { lastLoggedError } from "./runtime-log.ts";

const line = (level: string, msg: string) => `${JSON.stringify({ level, msg, time: "now" })}\n`;
const spread = (level: string, msg: string) => `${JSON.stringify({ msg, level }, null, 2)}\n`;

describe("the last error of a runtime's log", () => {
  test("is the last of those, not of the warnings", () => {
    expect(lastLoggedError(line("error", "first") + line("error", "second\n") + line("warning", "x"))).toBe(
      "second",
    );
  });
  test("may be spread over several lines, as crun does", () => {
    expect(lastLoggedError(spread("error", "a `{` in it"))).toBe("a `{` in it");
    expect(lastLoggedError(line("error", "before") + spread("warning", "x"))).toBe("before");
  });
  test("is found before a line that a kill has torn", () => {
    expect(lastLoggedError(`${line("error", "whole")}{"level":"error","msg":"to`)).toBe("whole");
  });
  test("is none in an empty log, or one of other words", () => {
    expect(lastLoggedError("")).toBeUndefined();
    expect(lastLoggedError(`${line("info", "x")}plain words\n`)).toBeUndefined();
  });
});
