import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { firstFree, rangesOf, readGrants } from "./subordinate.ts";

const folder = mkdtempSync("/tmp/pequod-subordinate-");
afterAll(() => rmSync(folder, { recursive: true }));

test("ranges of a user, by name or number, are put one after the other", () => {
  writeFileSync(`${folder}/subuid`, "# comment\nada:100000:1000\n\nbob:300000:10\n1000:200000:500\n");
  expect(rangesOf("subuid", "ada", 1000, folder)).toEqual([
    { containerID: 0, hostID: 100_000, size: 1000 },
    { containerID: 1000, hostID: 200_000, size: 500 },
  ]);
  expect(firstFree("subuid", 1000, folder)).toBe(101_000);
  expect(firstFree("subuid", 100_000, folder)).toBe(300_010);
});

test("a user without ranges, and a file that is not there, are told of", () => {
  writeFileSync(`${folder}/subuid`, "ada:100000:1000\n");
  expect(() => rangesOf("subuid", "bob", 5, folder)).toThrow('no subuid ranges found for user "bob"');
  expect(() => rangesOf("subgid", "ada", 5, folder)).toThrow('no subgid ranges found for user "ada"');
  expect(firstFree("subgid", 65536, folder)).toBe(100_000);
});

test("a line that is no grant is an error that names it", () => {
  writeFileSync(`${folder}/subuid`, "ada:100000\n");
  expect(() => readGrants("subuid", folder)).toThrow(`${folder}/subuid:1: want USER:FIRST:COUNT`);
});
