import { describe, expect, test } from "bun:test";
import { planCopy } from "./plan.ts";

const source = (path: string, isFolder: boolean, rebaseName = "") => ({ path, isFolder, rebaseName });
const target = (path: string, kind: "none" | "file" | "folder") => ({
  path,
  exists: kind !== "none",
  isFolder: kind === "folder",
});

describe("planCopy()", () => {
  test("puts a source into a folder that is there, under its own name", () => {
    expect(planCopy(source("/a/file", false), target("/dst", "folder"))).toEqual({
      folder: "/dst",
      name: "file",
    });
    expect(planCopy(source("/a/dir", true), target("/dst/", "folder"))).toEqual({
      folder: "/dst/",
      name: "dir",
    });
    expect(planCopy(source("/a/dir/.", true), target("/dst", "folder"))).toEqual({
      folder: "/dst",
      name: ".",
    });
    expect(planCopy(source("/a/real", false, "link"), target("/dst", "folder")).name).toBe("link");
  });
  test("gives a source the name of a target that is not there, or is a file", () => {
    expect(planCopy(source("/a/file", false), target("/dst/new", "none"))).toEqual({
      folder: "/dst",
      name: "new",
    });
    expect(planCopy(source("/a/file", false), target("/dst/old", "file"))).toEqual({
      folder: "/dst",
      name: "old",
    });
    expect(planCopy(source("/a/dir/.", true), target("/dst/new/", "none"))).toEqual({
      folder: "/dst",
      name: "new",
    });
  });
  test("refuses a folder onto a file, and a file into a folder that is not there", () => {
    expect(() => planCopy(source("/a/dir", true), target("/dst", "file"))).toThrow("cannot copy directory");
    expect(() => planCopy(source("/a/f", false), target("/dst/", "none"))).toThrow("no such directory");
  });
});
