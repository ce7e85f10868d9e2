import { describe, expect, test } from "bun:test";
import { tarHeader } from "../../../archive/tar/writer.ts";
import { headerOf, statOf } from "./stat.ts";

describe("headerOf() and statOf()", () => {
  test.each(["file", "directory", "symlink", "fifo", "char", "block"] as const)("%s", (type) => {
    const linkname = type === "symlink" ? "to" : "";
    const size = type === "file" ? 7 : 0;
    const header = tarHeader({
      name: "a/b",
      type,
      mode: 0o6755,
      uid: 3,
      gid: 4,
      size,
      linkname,
      mtime: 1234,
    });
    expect(headerOf(statOf("a/b", header))).toEqual(header);
  });
  test("a file with a link's name is a further name", () => {
    const stat = statOf("a", tarHeader({ name: "a", type: "file", size: 5 }));
    expect(headerOf({ ...stat, linkname: "b" })).toMatchObject({ type: "link", linkname: "b", size: 0 });
  });
  test("a socket is left out", () => {
    expect(
      headerOf({ ...statOf("s", tarHeader({ name: "s", type: "file" })), mode: 0x1000000 }),
    ).toBeUndefined();
  });
});
