import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TarReader } from "../../../archive/tar/reader.ts";
import { FolderTree } from "../tree/folder-tree.ts";
import { TarTree } from "../tree/tar-tree.ts";
import { type CopyTarget, planCopy } from "./copy.ts";
import { modeChanger } from "./mode.ts";
import { LayerPlan } from "./plan.ts";
import { findSources, hashOf } from "./sources.ts";

let folder: string;
let context: TarTree;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plan-test-"));
  const root = join(folder, "root");
  mkdirSync(join(root, "real/sub"), { recursive: true });
  writeFileSync(join(root, "file"), "old");
  symlinkSync("/real", join(root, "link"));
  symlinkSync("../../../outside", join(root, "escape"));
  context = TarTree.of({ a: "aa", "d/b": "b", "d/e/c": "c" }, folder);
});
afterAll(() => {
  context.close();
  rmSync(folder, { recursive: true });
});

async function entries(plan: LayerPlan): Promise<string[]> {
  const found: string[] = [];
  const reader = new TarReader(plan.tar());
  for (let header = await reader.next(); header; header = await reader.next())
    found.push(`${header.name} ${header.type} ${header.mode.toString(8)} ${header.uid}`);
  return found;
}

async function copied(path: string, destination: string, more: Partial<CopyTarget> = {}): Promise<string[]> {
  const plan = new LayerPlan(new FolderTree(join(folder, "root")));
  const target: CopyTarget = {
    plan,
    destination,
    owner: { uid: 0, gid: 0 },
    mode: undefined,
    parents: false,
    exclude: [],
    unpack: false,
    temporary: folder,
    signal: new AbortController().signal,
    keep: () => {},
    ...more,
  };
  for (const source of await findSources(context, path, { isContext: true, temporary: folder }))
    await planCopy(source, target);
  return entries(plan);
}

describe("planCopy()", () => {
  test("a file to a name, into a folder, and into a folder that is not there", async () => {
    expect(await copied("a", "/new")).toEqual(["new file 644 0"]);
    expect(await copied("a", "/real")).toEqual(["real directory 755 0", "real/a file 644 0"]);
    expect(await copied("a", "/x/y/", { owner: { uid: 7, gid: 8 } })).toEqual([
      "x directory 755 7",
      "x/y directory 755 7",
      "x/y/a file 644 7",
    ]);
  });
  test("links in the destination are followed, and stay inside", async () => {
    expect(await copied("a", "/link/f")).toEqual(["real directory 755 0", "real/f file 644 0"]);
    expect(await copied("a", "/escape")).toEqual(["outside file 644 0"]);
  });
  test("what is in a folder, not the folder", async () => {
    expect(await copied("d", "/dst")).toEqual([
      "dst directory 755 0",
      "dst/b file 644 0",
      "dst/e directory 755 0",
      "dst/e/c file 644 0",
    ]);
  });
  test("a folder over a file is an error", () => {
    expect(copied("d", "/file")).rejects.toThrow(
      "failed to copy files: failed to copy directory: mkdir /file: not a directory",
    );
  });
  test("exclude and mode", async () => {
    expect(await copied("d", "/dst", { exclude: ["e"], mode: "u=rw,go=" })).toEqual([
      "dst directory 600 0",
      "dst/b file 600 0",
    ]);
  });
});

describe("findSources()", () => {
  test("sums do not depend on times, but on names and content", async () => {
    const other = TarTree.of({ a: "aa", "d/b": "changed", "d/e/c": "c" }, folder);
    const hash = async (tree: TarTree, path: string) =>
      hashOf(await findSources(tree, path, { isContext: true, temporary: folder }));
    expect(await hash(other, "a")).toBe(await hash(context, "a"));
    expect(await hash(other, "d")).not.toBe(await hash(context, "d"));
    other.close();
  });
  test("patterns", async () => {
    const paths = async (pattern: string) =>
      (await findSources(context, pattern, { isContext: true, temporary: folder })).map(({ path }) => path);
    expect(await paths("*")).toEqual(["a", "d"]);
    expect(await paths("d/?")).toEqual(["d/b", "d/e"]);
    expect(await paths("**/c")).toEqual(["d/e/c"]);
    expect(await paths("[b-z]*")).toEqual(["d"]);
  });
  test("errors", () => {
    expect(findSources(context, "../x", { isContext: true, temporary: folder })).rejects.toThrow(
      "forbidden path outside the build context: ../x ()",
    );
    expect(findSources(context, "x", { isContext: true, temporary: folder })).rejects.toThrow(
      "stat x: file does not exist",
    );
  });
});

describe("modeChanger()", () => {
  const header = { type: "file", mode: 0o640 } as Parameters<ReturnType<typeof modeChanger>>[0];
  test.each([
    ["755", 0o755],
    ["4711", 0o4711],
    ["+x", 0o751],
    ["u+x,o=r", 0o744],
    ["a-r", 0o200],
    ["go=", 0o600],
    ["a+X", 0o640],
    ["u+s", 0o4640],
  ])("%s", (text, mode) => expect(modeChanger(text)(header)).toBe(mode));
  test("refuses what is no mode", () => expect(() => modeChanger("888")).toThrow("invalid chmod parameter"));
});
