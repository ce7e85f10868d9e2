import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoltData } from "./format.ts";
import { readBolt } from "./read.ts";
import { writeBolt } from "./write.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bolt-"));
  path = join(folder, "test.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const some = (entries: number): BoltData =>
  new Map([
    ["empty", new Map()],
    [
      "full",
      new Map(Array.from({ length: entries }, (_, i) => [`key ${i}`, Buffer.from("v".repeat(i % 99))])),
    ],
  ]);
const plain = (data: BoltData) =>
  Object.fromEntries(
    [...data].map(([name, bucket]) => [name, [...bucket].map(([k, v]) => `${k}=${v}`).sort()]),
  );

test("what has been written is read, also over many pages", () => {
  for (const entries of [0, 1, 1000]) {
    writeBolt(path, some(entries));
    expect(plain(readBolt(path))).toEqual(plain(some(entries)));
  }
});

test("one damaged meta page is survived, other damage is reported", () => {
  writeBolt(path, some(3));
  const whole = readFileSync(path);
  const spoil = (...places: number[]) => {
    const copy = Buffer.from(whole);
    for (const place of places) copy[place] = copy[place]! ^ 0xff;
    writeFileSync(path, copy);
  };
  for (const place of [30, 4096 + 30]) {
    spoil(place);
    expect(plain(readBolt(path))).toEqual(plain(some(3)));
  }
  spoil(30, 4096 + 30);
  expect(() => readBolt(path)).toThrow("neither meta page is valid");
  spoil(4 * 4096);
  expect(() => readBolt(path)).toThrow("page 4 is damaged");
  writeFileSync(path, "no database");
  expect(() => readBolt(path)).toThrow("not a bolt database");
});
