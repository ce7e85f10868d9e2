import { describe, expect, test } from "bun:test";
import { absolute, keepEnding, parsePlace, rebase, splitEntry } from "./paths.ts";

describe("parsePlace()", () => {
  test("takes what stands before a colon as a container", () => {
    expect(parsePlace("web:/etc")).toEqual({ container: "web", path: "/etc" });
    expect(parsePlace("host0/web:etc")).toEqual({ container: "host0/web", path: "etc" });
  });
  test("takes anything that looks like a path as ours", () => {
    for (const path of ["/a:b", "./a:b", "../a", "plain", "-"])
      expect(parsePlace(path)).toEqual({ container: "", path });
  });
});

test("keepEnding() and absolute() keep a final slash or dot", () => {
  expect(keepEnding("/a", "a/.")).toBe("/a/.");
  expect(keepEnding("/a", "a/")).toBe("/a/");
  expect(keepEnding("/", "/.")).toBe("/.");
  expect(absolute("/a/../b/")).toBe("/b/");
});

test("splitEntry() tells a folder from its content", () => {
  expect(splitEntry("/a/b")).toEqual({ folder: "/a", base: "b" });
  expect(splitEntry("/a/b/")).toEqual({ folder: "/a", base: "b" });
  expect(splitEntry("/a/b/.")).toEqual({ folder: "/a/b", base: "." });
  expect(splitEntry("/")).toEqual({ folder: "/", base: "/" });
});

test("rebase() keeps the name of the link", () => {
  expect(rebase("/a/link", "/b/target")).toEqual({ path: "/b/target", name: "link" });
  expect(rebase("/a/x/", "/b/x")).toEqual({ path: "/b/x/", name: "" });
  expect(rebase("/a/link/.", "/b/target")).toEqual({ path: "/b/target/.", name: "" });
});
