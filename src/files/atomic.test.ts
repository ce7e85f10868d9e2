import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removePartials, writeAtomic } from "./atomic.ts";

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

test("removePartials() removes what others left unfinished, and nothing else", async () => {
  mkdirSync(join(folder, "a"));
  const kept = ["a/state.json", "a/x.tmp-file", `a/y.tmp-${process.pid}-0`];
  for (const name of [...kept, "a/state.json.tmp-1-7"]) writeFileSync(join(folder, name), "");
  await removePartials(folder, ["*/*"]);
  expect(readdirSync(join(folder, "a")).toSorted()).toEqual(kept.map((name) => name.slice(2)).toSorted());
});
