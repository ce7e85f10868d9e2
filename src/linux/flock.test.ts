import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryLock } from "./flock.ts";

test("tryLock() is held by one at a time and can be released", () => {
  const folder = mkdtempSync(join(tmpdir(), "flock-"));
  try {
    const first = tryLock(join(folder, "lock"));
    expect(first).toBeDefined();
    expect(tryLock(join(folder, "lock"))).toBeUndefined();
    first?.release();
    const second = tryLock(join(folder, "lock"));
    expect(second).toBeDefined();
    second?.release();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
