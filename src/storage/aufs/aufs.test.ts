import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { END_OF_ARCHIVE, encodeHeader, tarHeader } from "../../archive/tar/writer.ts";
import { Aufs, type AufsMount } from "./driver.ts";

let root: string;
let mounts: { target: string; flags: number; data: string }[];
const record: AufsMount = (target, flags, data) => void mounts.push({ target, flags, data });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aufs-"));
  mounts = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("layers are laid out as moby's, and mounted with the nearest branch first", async () => {
  const driver = new Aufs(root, true, record);
  await driver.create("base", undefined);
  await driver.create("middle", "base");
  await driver.create("top", "middle");
  expect(readFileSync(join(root, "layers/top"), "utf8")).toBe("middle\nbase\n");
  expect(await driver.mount("base")).toBe(join(root, "diff/base"));
  expect(mounts).toEqual([]);
  expect(await driver.mount("top")).toBe(join(root, "mnt/top"));
  expect(mounts).toEqual([
    {
      target: join(root, "mnt/top"),
      flags: 0,
      data: `br:${root}/diff/top=rw:${root}/diff/middle=ro+wh:${root}/diff/base=ro+wh,dio,xino=/dev/shm/aufs.xino,dirperm1`,
    },
  ]);
  await driver.unmount("top");
  await expect(driver.create("top", undefined)).rejects.toThrow("exists already");
  await expect(driver.create("x", "none")).rejects.toThrow("storage layer none: not found");
  await expect(driver.create("x", undefined, { storageOpt: { size: "1" } })).rejects.toThrow(
    "--storage-opt is not supported for aufs",
  );
  expect((await driver.list()).sort()).toEqual(["base", "middle", "top"]);
  await driver.remove("top");
  expect([readdirSync(join(root, "diff")).sort(), existsSync(join(root, "mnt/top"))]).toEqual([
    ["base", "middle"],
    false,
  ]);
});

test("branches that do not fit into one mount are appended to it", async () => {
  const driver = new Aufs(root, false, record);
  const ids = Array.from({ length: 80 }, (_, i) => String(i).padStart(64, "e"));
  for (const [i, id] of ids.entries()) await driver.create(id, ids[i - 1]);
  await driver.mount(ids.at(-1)!);
  expect(mounts.every(({ data }) => data.length < 4096)).toBe(true);
  const REMOUNT = 32;
  expect(mounts.map(({ flags }) => flags)).toEqual([0, ...Array(mounts.length - 1).fill(REMOUNT)]);
  const branches = mounts.flatMap(({ data }) => [...data.matchAll(/diff\/(e*\d+)=/g)].map(([, id]) => id));
  expect(branches).toEqual(ids.toReversed());
});

test("deletions stay the .wh. files that they are in a layer's tar", async () => {
  const driver = new Aufs(root, false, record);
  await driver.create("base", undefined);
  async function* tar() {
    yield encodeHeader(tarHeader({ name: "etc", type: "directory" }));
    yield encodeHeader(tarHeader({ name: "etc/.wh.gone", type: "file", size: 0 }));
    yield END_OF_ARCHIVE;
  }
  await driver.applyDiff("base", tar());
  expect(readdirSync(join(root, "diff/base/etc"))).toEqual([".wh.gone"]);
});
