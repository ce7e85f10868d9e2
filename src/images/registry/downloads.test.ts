import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unlessAborted } from "./abort.ts";
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

test("Downloads.sweep() removes what nobody has come back for, and leaves what is young or on its way", async () => {
  const folder = join(directory, "swept");
  const downloads = new Downloads({ directory: folder, concurrency: () => 1 });
  await downloads.sweep(0);
  mkdirSync(folder);
  const parts = ["old", "young", "under way"].map((content) => {
    const path = join(folder, digestOf(content).replace(":", "-"));
    writeFileSync(path, content.slice(0, 2));
    return path;
  });
  const dayAgo = Date.now() / 1000 - 24 * 3600;
  for (const path of [parts[0]!, parts[2]!]) utimesSync(path, dayAgo, dayAgo);
  const held = downloads.get(
    { mediaType: "", digest: digestOf("under way"), size: 9 },
    [{ blob: (_, __, signal) => untilAborted(signal!), bytes: () => (async function* () {})() }],
    () => {},
    new AbortController().signal,
  );
  await downloads.sweep(23 * 3600 * 1000);
  expect(parts.map((path) => existsSync(path))).toEqual([false, true, true]);
  await held.release();
});

const untilAborted = (signal: AbortSignal): Promise<never> => unlessAborted(new Promise(() => {}), signal);
