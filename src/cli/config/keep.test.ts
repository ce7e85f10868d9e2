import { afterEach, beforeEach, expect, test } from "bun:test";
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cli } from "../cli.ts";
import { parseFlags } from "../flags/parse.ts";
import { GLOBAL_FLAGS, type GlobalFlags } from "../global.ts";
import { forgetCredentials, keepCredentials } from "./keep.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync("/tmp/pequod-keep-");
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, "config.json");
const cli = () => {
  const made = new Cli(parseFlags(GLOBAL_FLAGS, ["--config", folder], true).values as GlobalFlags);
  made.err = () => {};
  return made;
};
const read = () => JSON.parse(readFileSync(path(), "utf8")) as Record<string, unknown>;

test("keepCredentials() writes a private file and keeps fields that nobody knows", async () => {
  writeFileSync(path(), '{"unknown":{"a":1}}');
  await keepCredentials(cli(), "host:1", { username: "a", password: "b" });
  expect(read()).toEqual({ auths: { "host:1": { auth: "YTpi" } }, unknown: { a: 1 } });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test("keepCredentials() follows a link to the file instead of replacing it", async () => {
  writeFileSync(join(folder, "real.json"), "{}");
  symlinkSync("real.json", path());
  await keepCredentials(cli(), "host:1", { username: "a", identitytoken: "t" });
  expect(lstatSync(path()).isSymbolicLink()).toBe(true);
  expect(read()).toEqual({ auths: { "host:1": { auth: "YTo=", identitytoken: "t" } } });
});

test("forgetCredentials() removes one entry, and writes nothing when there is none", async () => {
  await forgetCredentials(cli(), "host:1");
  expect(statSync(path(), { throwIfNoEntry: false })).toBeUndefined();
  await keepCredentials(cli(), "host:1", { username: "a", password: "b" });
  await keepCredentials(cli(), "host:2", { username: "a", password: "b" });
  await forgetCredentials(cli(), "host:1");
  expect(read()).toEqual({ auths: { "host:2": { auth: "YTpi" } } });
});
