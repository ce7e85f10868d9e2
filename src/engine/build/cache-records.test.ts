import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultPolicies, readBuilderGC } from "../config/builder.ts";
import { collectGarbage, pruneCacheMounts } from "./cache-records.ts";
import { CacheMounts } from "./run/cache-mounts.ts";

const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;
let folder: string;
let mounts: CacheMounts;

/** A cache folder of so many bytes (and a little), last used so many hours ago. */
function add(key: string, bytes: number, hours: number): void {
  mkdirSync(join(folder, key, "data"), { recursive: true });
  writeFileSync(join(folder, key, "data/f"), new Uint8Array(bytes));
  const record = { key, id: key, created: 0, lastUsed: NOW - hours * HOUR, uses: 1 };
  writeFileSync(join(folder, key, "record.json"), JSON.stringify(record));
}

beforeEach(() => {
  folder = mkdtempSync("/tmp/pequod-cache-");
  mounts = new CacheMounts(folder);
  add("oldest", 300_000, 100);
  add("older", 300_000, 50);
  add("new", 300_000, 1);
});
afterEach(() => rmSync(folder, { recursive: true }));

const left = () =>
  mounts
    .list()
    .map(({ key }) => key)
    .sort();
const collect = (gc: unknown) => collectGarbage(mounts, readBuilderGC({ gc }), NOW);

describe("collectGarbage()", () => {
  test("by size: the longest unused goes first", () => {
    collect({ policy: [{ keepStorage: "700kb" }] });
    expect(left()).toEqual(["new", "older"]);
  });
  test("by age, as long as all is larger than what is kept", () => {
    collect({ policy: [{ keepStorage: "400kb", filter: ["unused-for=48h"] }] });
    expect(left()).toEqual(["new"]);
    add("oldest", 300_000, 100);
    collect({ policy: [{ keepStorage: "700kb", filter: { "unused-for": { "1h30m": true } } }] });
    expect(left()).toEqual(["new", "oldest"]);
  });
  test("stays away from what is in use, and does nothing if it is switched off", async () => {
    expect(collect({ enabled: false })).toEqual([]);
    const { release } = await mounts.take("held", "shared", { uid: 0, gid: 0, mode: 0o755 });
    pruneCacheMounts(mounts, { until: undefined, keep: 0, ids: [] });
    expect(mounts.list().map(({ id }) => id)).toEqual(["held"]);
    release();
  });
  test("keeps what the default says", () => {
    expect(readBuilderGC({})).toEqual(defaultPolicies());
    expect(readBuilderGC({ gc: { enabled: true, defaultKeepStorage: "1GB" } }).at(-1)).toEqual({
      unusedFor: 0,
      keep: 1024 ** 3,
    });
    expect(collectGarbage(mounts, defaultPolicies(), NOW)).toEqual([]);
    expect(collectGarbage(mounts, defaultPolicies(400_000), NOW)).toEqual(["oldest", "older"]);
  });
  test("refuses filters and settings that are none", () => {
    expect(() => readBuilderGC({ gc: { policy: [{ filter: ["type=x"] }] } })).toThrow("type=x");
    expect(() => readBuilderGC({ other: 1 })).toThrow("there is no other");
  });
});
