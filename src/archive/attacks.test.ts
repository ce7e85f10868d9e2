/** Archives made to harm: nothing outside of the folder changes, and each ends in an error or in a file inside. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getXattr } from "../linux/inode.ts";
import { BLOCK, FIELDS, paddingOf, type TarHeader } from "./tar/header.ts";
import { paxRecord } from "./tar/pax.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "./tar/writer.ts";
import { unpack, type Whiteouts } from "./unpack.ts";

let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "attack-"));
  root = join(top, "root");
  mkdirSync(root);
  mkdirSync(join(top, "outside/folder"), { recursive: true });
  writeFileSync(join(top, "outside/secret"), "untouched", { mode: 0o640 });
});
afterEach(() => {
  const outside = join(top, "outside");
  expect(readdirSync(outside).sort()).toEqual(["folder", "secret"]);
  expect(readdirSync(join(outside, "folder"))).toEqual([]);
  expect(readFileSync(join(outside, "secret"), "utf8")).toBe("untouched");
  expect([statSync(join(outside, "secret")).mode & 0o7777, statSync(join(outside, "secret")).nlink]).toEqual([
    0o640, 1,
  ]);
  expect(readdirSync(top).sort()).toEqual(["outside", "root"]);
  rmSync(top, { recursive: true });
});

type Entry = Partial<TarHeader> & Pick<TarHeader, "name" | "type"> & { content?: string };

const bytesOf = ({ content = "", ...fields }: Entry): Buffer => {
  const size = Buffer.byteLength(content);
  return Buffer.concat([encodeHeader(tarHeader({ ...fields, size })), Buffer.from(content), padding(size)]);
};
async function* stream(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([...parts, END_OF_ARCHIVE]);
}
const put = (entries: Entry[], whiteouts: Whiteouts = "remove") =>
  unpack(stream(...entries.map(bytesOf)), root, { whiteouts });
/** What happens to what is outside is seen afterwards; whether it is an error does not matter here. */
const attempt = (...given: Parameters<typeof put>) => put(...given).catch(() => {});

/** An extension header of any kind with any content. */
function extension(flag: string, content: Buffer): Buffer {
  const header = Buffer.from(encodeHeader(tarHeader({ name: "x", type: "file", size: content.length })));
  header.write(flag, FIELDS.typeflag[0], "latin1");
  header.fill(" ", FIELDS.checksum[0], FIELDS.checksum[0] + 8);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, FIELDS.checksum[0], "latin1");
  return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))]);
}
const plain = bytesOf({ name: "plain", type: "file", content: "x" });

describe.each(["remove", "overlay", "keep"] as const)("links, with whiteouts: %s", (whiteouts) => {
  test("that a layer below has left, to a folder outside", async () => {
    symlinkSync(join(top, "outside"), join(root, "absolute"));
    symlinkSync("../outside", join(root, "relative"));
    for (const link of ["absolute", "relative"]) {
      await attempt([{ name: `${link}/secret`, type: "file", content: "overwritten" }], whiteouts);
      await attempt([{ name: `${link}/folder/new`, type: "directory" }], whiteouts);
      await attempt([{ name: `${link}/.wh.secret`, type: "file" }], whiteouts);
      await attempt([{ name: `${link}/.wh..wh..opq`, type: "file" }], whiteouts);
      await attempt([{ name: "hard", type: "link", linkname: `${link}/secret` }], whiteouts);
    }
  });

  test("that take the place of a folder of the archive itself", async () => {
    await attempt(
      [
        { name: "a", type: "directory" },
        { name: "a/inside", type: "file" },
        { name: "a", type: "symlink", linkname: join(top, "outside") },
        { name: "a/secret", type: "file", content: "overwritten" },
        { name: "a/folder", type: "directory", mode: 0o777, mtime: 5 },
      ],
      whiteouts,
    );
    await attempt([
      { name: "b/c", type: "directory" },
      { name: "b", type: "symlink", linkname: "../outside" },
      { name: "b/c/d", type: "file", content: "x" },
    ]);
  });

  test("by way of a hard link to a link", async () => {
    await attempt(
      [
        { name: "soft", type: "symlink", linkname: join(top, "outside/secret") },
        { name: "hard", type: "link", linkname: "soft" },
        { name: "hard", type: "file", content: "overwritten" },
      ],
      whiteouts,
    );
  });

  test("in a loop", async () => {
    await expect(
      put(
        [
          { name: "one", type: "symlink", linkname: "two" },
          { name: "two", type: "symlink", linkname: "one" },
          { name: "one/file", type: "file" },
        ],
        whiteouts,
      ),
    ).rejects.toThrow("ELOOP");
  });
});

describe("names", () => {
  test("of whiteouts that lead up are refused", async () => {
    for (const name of [".wh..", ".wh...", "a/.wh..", ".wh."])
      await expect(put([{ name, type: "file" }])).rejects.toThrow("invalid whiteout");
  });
  test("too long for the file system, or for anybody, are an error", async () => {
    await expect(put([{ name: "n".repeat(300), type: "file" }])).rejects.toThrow("ENAMETOOLONG");
    await expect(put([{ name: "d/".repeat(5000), type: "directory" }])).rejects.toThrow("ENAMETOOLONG");
  });
  test("with a NUL are an error", async () => {
    const pax = extension("x", paxRecord("path", "evil\0/../../outside/secret"));
    await expect(unpack(stream(pax, plain), root, { whiteouts: "keep" })).rejects.toThrow();
  });
  test("that come twice: the last one counts, whatever it is", async () => {
    await put([
      { name: "x", type: "file", content: "1" },
      { name: "./x", type: "directory" },
      { name: "x/y", type: "file", content: "2" },
      { name: "/x", type: "symlink", linkname: "y" },
      { name: "x", type: "file", content: "3" },
    ]);
    expect(readFileSync(join(root, "x"), "utf8")).toBe("3");
  });
});

describe("extension headers", () => {
  const unpacked = (...parts: Buffer[]) => unpack(stream(...parts), root, { whiteouts: "remove" });
  test("with a path or a link that leads out", async () => {
    const out = paxRecord("path", "../outside/secret");
    await expect(unpacked(extension("x", out), plain)).rejects.toThrow("leads out");
    await unpacked(extension("g", out), plain);
    expect(readdirSync(root)).toEqual(["plain"]);
    await expect(unpacked(extension("L", Buffer.from("../outside/secret\0")), plain)).rejects.toThrow(
      "leads out",
    );
  });
  test("with a size that is none, or is not true", async () => {
    for (const size of ["-1", "1e99", "NaN", "99999999999999999999"])
      await expect(unpacked(extension("x", paxRecord("size", size)), plain)).rejects.toThrow("size");
    await expect(unpacked(extension("x", paxRecord("size", "1000000")), plain)).rejects.toThrow(
      "unexpected EOF",
    );
  });
  test("that are malformed, or beyond all bounds", async () => {
    for (const text of ["5 a=b\n", "0 a=b\n", "x a=b\n", "6 ab\n\n", "999999 a=b\n"])
      await expect(unpacked(extension("x", Buffer.from(text)), plain)).rejects.toThrow("pax record");
    await expect(unpacked(extension("x", Buffer.alloc(9 * 1024 * 1024, 0x20)), plain)).rejects.toThrow(
      "an extension of 9437184 bytes",
    );
  });
  test("of sparse files, whose content is not what the file holds, are refused", async () => {
    const sparse = extension("x", paxRecord("GNU.sparse.major", "1"));
    await expect(unpacked(sparse, plain)).rejects.toThrow("a sparse file, which is not supported");
  });
  test("with marks of overlayfs, which are left out", async () => {
    const marks = ["trusted.overlay.redirect", "trusted.overlay.opaque", "user.overlay.redirect"];
    const xattrs = new Map(marks.map((name) => [name, Buffer.from("/etc")]));
    await put([{ name: "d", type: "directory", xattrs }], "overlay");
    for (const name of marks) expect(getXattr(join(root, "d"), name)).toBeUndefined();
  });
});

describe("what an image may have", () => {
  test("devices, setuid and capabilities are as the archive says", async () => {
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    await put([
      { name: "null", type: "char", devmajor: 1, devminor: 3, mode: 0o666 },
      { name: "setuid", type: "file", content: "x", mode: 0o6755, uid: 12, gid: 34 },
      { name: "ping", type: "file", content: "x", xattrs: new Map([["security.capability", capability]]) },
    ]);
    expect([lstatSync(join(root, "null")).isCharacterDevice(), lstatSync(join(root, "null")).rdev]).toEqual([
      true,
      0x103,
    ]);
    const { mode, uid, gid } = lstatSync(join(root, "setuid"));
    expect([mode & 0o7777, uid, gid]).toEqual([0o6755, 12, 34]);
    expect(getXattr(join(root, "ping"), "security.capability")).toEqual(capability);
  });
  test("a link that stays inside is followed as in a chroot", async () => {
    mkdirSync(join(root, "usr/lib"), { recursive: true });
    symlinkSync("/usr/lib", join(root, "lib"));
    await put([{ name: "lib/x/y", type: "file", content: "z" }]);
    expect(existsSync(join(root, "usr/lib/x/y"))).toBe(true);
  });
});
