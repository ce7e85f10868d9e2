import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { TarType } from "../../../archive/tar/header.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../../archive/tar/writer.ts";
import { TarTree } from "./tar-tree.ts";
import { walkTree } from "./tree.ts";

type Entry = [name: string, type: TarType, content?: string];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync("/tmp/pequod-tree-");
});
afterAll(() => {
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

/** `content`: of a file; where a link leads to. */
async function* archive(entries: Entry[]): AsyncGenerator<Uint8Array> {
  for (const [name, type, content = ""] of entries) {
    const bytes = Buffer.from(type === "file" ? content : "");
    const linkname = type === "file" ? "" : content;
    yield encodeHeader(tarHeader({ name, type, size: bytes.length, linkname }));
    yield bytes;
    yield padding(bytes.length);
  }
  yield END_OF_ARCHIVE;
}

const read = (entries: Entry[]) =>
  TarTree.read(archive(entries), { folder, signal: new AbortController().signal });

async function listed(entries: Entry[], change?: (tree: TarTree) => void): Promise<string[]> {
  const tree = await read(entries);
  try {
    change?.(tree);
    const lines: string[] = [];
    for (const entry of walkTree(tree, tree.find("", true)!)) {
      const text = entry.header.type === "file" ? `=${await tree.text(entry.path, 100)}` : "";
      lines.push(`${entry.path}${text}`);
    }
    return lines;
  } finally {
    tree.close();
  }
}

describe("TarTree", () => {
  test("sorts, and makes folders that the archive does not name", async () => {
    expect(
      await listed([
        ["b/c", "file", "1"],
        ["a.x", "file", "2"],
        ["a/b", "file", "3"],
        ["./a//c/../d", "file", "4"],
      ]),
    ).toEqual(["a", "a/b=3", "a/d=4", "a.x=2", "b", "b/c=1"]);
  });
  test("what comes later takes the place; a folder keeps what is in it", async () => {
    expect(
      await listed([
        ["d", "directory"],
        ["d/f", "file", "old"],
        ["d/f", "file", "new"],
        ["d", "directory"],
        ["e/f", "file", "gone"],
        ["e", "file", "a file now"],
        ["g", "file", "gone"],
        ["g", "directory"],
        ["g/h", "file", "x"],
      ]),
    ).toEqual(["d", "d/f=new", "e=a file now", "g", "g/h=x"]);
  });
  test("a folder that was a file in between is empty", async () => {
    expect(
      await listed([
        ["d/f", "file", "gone"],
        ["d", "file", "x"],
        ["d", "directory"],
        ["d/g", "file", "y"],
      ]),
    ).toEqual(["d", "d/g=y"]);
    const both: Entry[] = [
      ["d", "file", "x"],
      ["d/f", "file", "y"],
    ];
    expect(read(both)).rejects.toThrow('"d" is a file and a folder as well');
  });
  test("links lead within it, on the way and at the end", async () => {
    const tree = await read([
      ["real/f", "file", "found"],
      ["link", "symlink", "/real"],
      ["link/g", "file", "by the link"],
      ["up", "symlink", "../../real/f"],
    ]);
    expect(tree.find("link/f", true)?.path).toBe("real/f");
    expect(await tree.text("real/g", 100)).toBe("by the link");
    expect(await tree.text("up", 100)).toBe("found");
    expect(tree.find("up", false)?.header.type).toBe("symlink");
    tree.close();
  });
  test("names of one file have one inode and one content", async () => {
    const tree = await read([
      ["a", "file", "same"],
      ["d/b", "link", "a"],
      ["c", "link", "d/b"],
      ["other", "file", "same"],
    ]);
    const [a, b, c, other] = ["a", "d/b", "c", "other"].map((path) => tree.find(path, false)!);
    expect(a!.inode).toBeDefined();
    expect([b!.inode, c!.inode]).toEqual([a!.inode, a!.inode]);
    expect(other!.inode).toBeUndefined();
    expect(await tree.text("c", 100)).toBe("same");
    tree.close();
  });
  test("takes away, while it goes through what there is", async () => {
    const many: Entry[] = Array.from({ length: 1000 }, (_, i) => [`d/${i}`, "file", "x"]);
    const left = await listed([...many, ["e/f", "file", "x"]], (tree) => {
      const paths: string[] = [];
      for (const path of tree.paths()) {
        paths.push(path);
        if (path !== "d/7" && path !== "d") tree.remove(path);
      }
      expect(paths.length).toBe(1003);
      expect(paths.indexOf("d")).toBeGreaterThan(paths.indexOf("d/999"));
      expect([tree.isEmpty("d"), tree.isEmpty("e")]).toEqual([false, true]);
    });
    expect(left).toEqual(["d", "d/7=x"]);
  });
  test("refuses hard links to folders and to nothing", async () => {
    expect(
      read([
        ["d", "directory"],
        ["d/x", "link", "d"],
      ]),
    ).rejects.toThrow("which is a folder");
    expect(read([["x", "link", "nothing"]])).rejects.toThrow("not in the archive");
  });
});
