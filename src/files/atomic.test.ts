import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomic } from "./atomic.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atomic-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("writeAtomic() replaces the content, sets the mode and leaves no other file", () => {
  const path = join(folder, "state.json");
  writeAtomic(path, "old");
  writeAtomic(path, "new", { mode: 0o600 });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["state.json"]);
});

test("writeAtomic() leaves nothing behind when it cannot rename", () => {
  const path = join(folder, "taken");
  mkdirSync(join(path, "x"), { recursive: true });
  expect(() => writeAtomic(path, "x")).toThrow();
  expect(readdirSync(folder)).toEqual(["taken"]);
});
