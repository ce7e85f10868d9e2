import { expect, test } from "bun:test";
import { createLogger } from "./log.ts";

test("createLogger() writes one line an entry at its level and above", () => {
  const lines: string[] = [];
  const log = createLogger({ level: "info", write: (line) => void lines.push(line) });
  log.debug("hidden");
  log.warn('a "quoted"\nmessage', { container: "abc", path: "with space" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^time="[^"]+" level=warning msg="a \\"quoted\\"\\nmessage" container=abc path="with space"\n$/,
  );
});

test("createLogger() writes JSON, and survives a reader that has gone", () => {
  const lines: string[] = [];
  const log = createLogger({ format: "json", write: (line) => void lines.push(line) });
  log.error("x", { id: 1 });
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: "error", msg: "x", id: 1 });
  const broken = createLogger({
    write: () => {
      throw new Error("EPIPE");
    },
  });
  expect(() => broken.info("x")).not.toThrow();
});
