import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isNotFound } from "../../errors/errors.ts";
import { ContextStore, checkContextName } from "./store.ts";

let folder: string;
let store: ContextStore;
beforeEach(() => {
  folder = mkdtempSync("/tmp/pequod-contexts-");
  store = new ContextStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const context = {
  Name: "one",
  Metadata: {},
  Endpoints: { docker: { Host: "tcp://h:1", SkipTLSVerify: false } },
};

test("a context is there once written, with private TLS files, and gone once removed", () => {
  expect(store.list()).toEqual([]);
  store.write(context);
  store.writeTls("one", { "key.pem": "secret" });
  expect(store.list()).toEqual([context]);
  expect(store.tlsFiles("one")).toEqual({ "key.pem": "secret" });
  expect(statSync(join(store.tlsFolder("one"), "docker/key.pem")).mode & 0o777).toBe(0o600);
  store.remove("one");
  expect(store.exists("one")).toBe(false);
  expect(store.tlsFiles("one")).toEqual({});
});

test("read() of what is not there is notFound", () => {
  try {
    store.read("one");
    expect.unreachable();
  } catch (error) {
    expect(isNotFound(error)).toBe(true);
  }
});

test.each(["", "default", "a", "a b", "-ab", "../x"])("checkContextName(%p) refuses", (name) => {
  expect(() => checkContextName(name)).toThrow();
});
