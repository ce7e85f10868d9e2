import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryLock } from "./flock.ts";

test("tryLock() locks a folder for one holder at a time", () => {
  const folder = mkdtempSync(join(tmpdir(), "flock-"));
  const unlock = tryLock(folder);
  expect(unlock).toBeFunction();
  expect(tryLock(folder)).toBeUndefined();
  unlock?.();
  const again = tryLock(folder);
  expect(again).toBeFunction();
  again?.();
  rmSync(folder, { recursive: true });
});
