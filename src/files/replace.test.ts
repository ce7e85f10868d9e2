import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replaceAtomic } from "./replace.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "replace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("replaceAtomic() replaces the content, sets the mode and leaves no other file", async () => {
  const path = join(folder, "state.json");
  await replaceAtomic(path, "old");
  await replaceAtomic(path, "new", { mode: 0o600 });
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
  expect(readdirSync(folder)).toEqual(["state.json"]);
});

test("replaceAtomic() leaves nothing behind when it cannot rename", async () => {
  const path = join(folder, "taken");
  mkdirSync(join(path, "x"), { recursive: true });
  await expect(replaceAtomic(path, "x")).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["taken"]);
});
