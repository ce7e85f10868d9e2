import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listXattrs } from "../linux/inode.ts";
import type { TarHeader } from "./tar/header.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "./tar/writer.ts";
import { unpack } from "./unpack.ts";

let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "unpack-"));
  root = join(top, "root");
  mkdirSync(root);
  mkdirSync(join(top, "outside"));
  writeFileSync(join(top, "outside/secret"), "untouched");
});
afterEach(() => rmSync(top, { recursive: true }));

type Entry = Partial<TarHeader> & Pick<TarHeader, "name" | "type"> & { content?: string };

function archive(entries: Entry[]): Uint8Array {
  const parts = entries.flatMap(({ content = "", ...fields }) => {
    const size = Buffer.byteLength(content);
    return [encodeHeader(tarHeader({ ...fields, size })), Buffer.from(content), padding(size)];
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

/** In odd portions, so that entries lie across them. */
async function* portions(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const put = (entries: Entry[], whiteouts: "overlay" | "remove" | "keep" = "overlay") =>
  unpack(portions(archive(entries)), root, { whiteouts });

const outsideIsUntouched = () => {
  expect(readdirSync(join(top, "outside"))).toEqual(["secret"]);
  expect(readFileSync(join(top, "outside/secret"), "utf8")).toBe("untouched");
  expect(readdirSync(top).sort()).toEqual(["outside", "root"]);
};

describe("unpack()", () => {
  test("makes every kind of entry with its attributes", async () => {
    const long = `${"d".repeat(120)}/${"f".repeat(120)}`;
    const bytes = await put([
      { name: "dir", type: "directory", mode: 0o1750, uid: 1, gid: 2, mtime: 1000.5 },
      { name: "dir/file", type: "file", content: "hello", mode: 0o4755, uid: 3, gid: 4, mtime: 12345 },
      { name: "dir/hard", type: "link", linkname: "dir/file" },
      { name: "soft", type: "symlink", linkname: "dir/file", mtime: 99 },
      { name: "null", type: "char", devmajor: 1, devminor: 3, mode: 0o666 },
      { name: "pipe", type: "fifo" },
      { name: long, type: "file", content: "x" },
      { name: "ümlaut", type: "file", content: "", xattrs: new Map([["user.a", Buffer.from("b")]]) },
    ]);
    expect(bytes).toBe(6 + "dir/file".length);
    const dir = statSync(join(root, "dir"));
    expect([dir.mode & 0o7777, dir.uid, dir.gid, dir.mtimeMs]).toEqual([0o1750, 1, 2, 1000500]);
    const file = statSync(join(root, "dir/hard"));
    expect([file.mode & 0o7777, file.uid, file.nlink, file.mtimeMs]).toEqual([0o4755, 3, 2, 12345000]);
    expect(readlinkSync(join(root, "soft"))).toBe("dir/file");
    expect(lstatSync(join(root, "null")).isCharacterDevice()).toBe(true);
    expect(lstatSync(join(root, "pipe")).isFIFO()).toBe(true);
    expect(readFileSync(join(root, long), "utf8")).toBe("x");
    expect(existsSync(join(root, "ümlaut"))).toBe(true);
  });
  test("turns whiteouts into what overlayfs reads, or removes what they name", async () => {
    await put([
      { name: "gone", type: "file" },
      { name: ".wh.gone", type: "file" },
    ]);
    expect(lstatSync(join(root, "gone")).isCharacterDevice()).toBe(true);
    rmSync(join(root, "gone"));
    mkdirSync(join(root, "old/sub"), { recursive: true });
    await put(
      [
        { name: "old/new", type: "file" },
        { name: "old/.wh..wh..opq", type: "file" },
      ],
      "remove",
    );
    expect(readdirSync(join(root, "old"))).toEqual(["new"]);
  });
  test("later entries replace earlier ones of the same name", async () => {
    await put([
      { name: "a", type: "directory" },
      { name: "a/b", type: "file", content: "1" },
      { name: "a", type: "file", content: "2" },
    ]);
    expect(readFileSync(join(root, "a"), "utf8")).toBe("2");
  });
});

describe("unpack() as a boundary", () => {
  test("refuses names that lead out", async () => {
    for (const name of ["../outside/x", "a/../../outside/x", "/../x"]) {
      expect(put([{ name, type: "file", content: "x" }])).rejects.toThrow("leads out of the archive's root");
    }
    outsideIsUntouched();
  });
  test("does not follow symlinks out, absolute or relative", async () => {
    for (const linkname of [join(top, "outside"), "../outside", "../../../../../../../../tmp"]) {
      rmSync(join(root, "link"), { force: true });
      await put([
        { name: "link", type: "symlink", linkname },
        { name: "link/secret", type: "file", content: "overwritten" },
      ]).catch(() => {});
    }
    outsideIsUntouched();
  });
  test("replaces a symlink instead of writing through it", async () => {
    await put([
      { name: "link", type: "symlink", linkname: join(top, "outside/secret") },
      { name: "link", type: "file", content: "mine" },
    ]);
    expect(lstatSync(join(root, "link")).isFile()).toBe(true);
    outsideIsUntouched();
  });
  test("does not follow links when setting attributes or marking a folder opaque", async () => {
    const mode = statSync(join(top, "outside")).mode;
    await put([
      { name: "link", type: "symlink", linkname: join(top, "outside"), mode: 0o777, uid: 7 },
      { name: "link/.wh..wh..opq", type: "file" },
      { name: "link/.wh.secret", type: "file" },
    ]).catch(() => {});
    expect(statSync(join(top, "outside")).mode).toBe(mode);
    expect(statSync(join(top, "outside")).uid).toBe(0);
    outsideIsUntouched();
  });
  test("does not make hard links to files outside", async () => {
    for (const linkname of ["../outside/secret", join(top, "outside/secret")]) {
      expect(put([{ name: "hard", type: "link", linkname }])).rejects.toThrow();
    }
    await put([
      { name: "way", type: "symlink", linkname: join(top, "outside") },
      { name: "hard", type: "link", linkname: "way/secret" },
    ]).catch(() => {});
    expect(existsSync(join(root, "hard"))).toBe(false);
    outsideIsUntouched();
  });
  test("follows a link that stays inside, as a chroot would", async () => {
    await put([
      { name: "usr/lib", type: "directory" },
      { name: "lib", type: "symlink", linkname: "/usr/lib" },
      { name: "lib/libc", type: "file", content: "c" },
    ]);
    expect(readFileSync(join(root, "usr/lib/libc"), "utf8")).toBe("c");
  });
  test("forged overlay marks are left out", async () => {
    await put([
      { name: "d", type: "directory", xattrs: new Map([["trusted.overlay.redirect", Buffer.from("/etc")]]) },
    ]);
    expect(listXattrs(join(root, "d"))).toEqual([]);
  });
  test("says what is wrong with a broken archive", async () => {
    const good = archive([{ name: "a", type: "file", content: "content" }]);
    const cut = unpack(portions(good.subarray(0, 515)), root, { whiteouts: "keep" });
    expect(cut).rejects.toThrow("unexpected EOF");
    expect(unpack(portions(Buffer.from("x".repeat(600))), root, { whiteouts: "keep" })).rejects.toThrow(
      "checksum",
    );
  });
});
