import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "./descriptor.ts";
import { Downloads } from "./downloads.ts";

const directory = mkdtempSync(join(tmpdir(), "downloads-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("Downloads gives a blob that an earlier pull left whole, to readers as well", async () => {
  const content = "all of it";
  const digest = digestOf(content);
  writeFileSync(join(directory, digest.replace(":", "-")), content);
  const downloads = new Downloads({ directory, concurrency: () => 1 });
  const held = downloads.get(
    { mediaType: "", digest, size: content.length },
    [{ blob: () => Promise.reject(new Error("asked")), bytes: () => (async function* () {})() }],
    () => {},
    new AbortController().signal,
  );
  expect(await held.growth().next(0)).toEqual({ size: content.length, complete: true });
  expect(held.complete).toBe(true);
  await held.release();
  expect(existsSync(held.file)).toBe(false);
});
