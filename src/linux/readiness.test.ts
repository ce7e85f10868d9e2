import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeFd, O_NONBLOCK, pipe, readFd, writeFd } from "./fd.ts";
import { canTellReadiness, Readiness } from "./readiness.ts";
import { punchHole, spliceToFile } from "./splice.ts";

let ends: [number, number];
beforeEach(() => {
  ends = pipe(O_NONBLOCK);
});
afterEach(() => {
  for (const end of ends) closeFd(end);
});

const bytes = (text: string) => new TextEncoder().encode(text);

test("Readiness tells each time that there is something, and takes nothing", async () => {
  expect(canTellReadiness()).toBe(true);
  const readiness = new Readiness(ends[0]);
  const first = readiness.wait();
  writeFd(ends[1], bytes("one"));
  expect(await first).toBe(true);
  // Still there.
  expect(await readiness.wait()).toBe(true);
  expect(readFd(ends[0], new Uint8Array(10))).toBe(3);
  let told = false;
  const second = readiness.wait().then((ready) => {
    told = true;
    return ready;
  });
  // Another one's answer is not this one's.
  const others = pipe(O_NONBLOCK);
  const other = new Readiness(others[0]);
  writeFd(others[1], bytes("x"));
  expect(await other.wait()).toBe(true);
  expect(told).toBe(false);
  writeFd(ends[1], bytes("two"));
  expect(await second).toBe(true);
  for (const one of [readiness, other]) one.close();
  for (const end of others) closeFd(end);
});

test("Readiness tells that the last writer has gone", async () => {
  const [reader, writer] = pipe(O_NONBLOCK);
  const readiness = new Readiness(reader);
  const waited = readiness.wait();
  closeFd(writer);
  expect(await waited).toBe(true);
  readiness.close();
  closeFd(reader);
});

test("close() ends the waiting, and lets go of the pipe", async () => {
  const [reader, writer] = pipe(O_NONBLOCK);
  const readiness = new Readiness(reader);
  const waited = readiness.wait();
  readiness.close();
  expect(await waited).toBe(false);
  closeFd(reader);
  // The kernel lets go of it a little later.
  const refused = () => {
    try {
      writeFd(writer, bytes("x"));
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const deadline = Date.now() + 30_000;
  while (!refused().includes("EPIPE") && Date.now() < deadline) await Bun.sleep(1);
  expect(refused()).toContain("EPIPE");
  closeFd(writer);
  expect(await readiness.wait()).toBe(false);
});

test("there may be more than one context has room for", async () => {
  const all = Array.from({ length: 300 }, () => new Readiness(ends[0]));
  const waited = all.map((readiness) => readiness.wait());
  writeFd(ends[1], bytes("x"));
  expect((await Promise.all(waited)).every(Boolean)).toBe(true);
  for (const readiness of all) readiness.close();
});

test("spliceToFile() moves what is there to an offset; punchHole() frees what is done with", () => {
  const folder = mkdtempSync(join(tmpdir(), "splice-"));
  const path = join(folder, "file");
  const file = openSync(path, "w+");
  expect(spliceToFile(ends[0], file, 0, 100)).toBeUndefined();
  writeFd(ends[1], bytes("abc"));
  expect(spliceToFile(ends[0], file, 0, 2)).toBe(2);
  expect(spliceToFile(ends[0], file, 2, 100)).toBe(1);
  writeFd(ends[1], new Uint8Array(20_000).fill(65));
  expect(spliceToFile(ends[0], file, 3, 100_000)).toBe(20_000);
  expect(readFileSync(path, "latin1")).toBe(`abc${"A".repeat(20_000)}`);
  punchHole(file, 0, 16_384);
  expect(statSync(path).size).toBe(20_003);
  expect(readFileSync(path, "latin1")).toBe("\0".repeat(16_384) + "A".repeat(20_003 - 16_384));
  closeSync(file);
  rmSync(folder, { recursive: true });
});
