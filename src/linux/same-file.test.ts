import { afterAll, expect, test } from "bun:test";
import { linkSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSameFile } from "./same-file.ts";

const folder = mkdtempSync(join(tmpdir(), "same-file-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

test("links lead to one file, a copy is another, and a dangling path is none", () => {
  writeFileSync(at("file"), "x");
  writeFileSync(at("copy"), "x");
  linkSync(at("file"), at("hard"));
  symlinkSync("file", at("soft"));
  symlinkSync("nowhere", at("dangling"));
  expect(["hard", "soft", "copy", "dangling"].map((name) => isSameFile(at("file"), at(name)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  // The same inode number on another file system is another file.
  expect(isSameFile("/proc", "/sys")).toBe(false);
});
