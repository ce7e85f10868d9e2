import { describe, expect, test } from "bun:test";
import type { Mount } from "../../oci/runtime-spec.ts";
import { testFacts, testSpec } from "./facts.testing.ts";
import { parseMountOptions } from "./mount-options.ts";
import { cleanPath, compileLateReadonly, compileMounts } from "./mounts.ts";

const compile = (...mounts: Mount[]) => compileMounts({ ...testSpec(), mounts }, testFacts());
const refusal = (mount: Mount) => {
  try {
    compile(mount);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("parseMountOptions()", () => {
  test("sorts words into attributes, propagation and the file system's own", () => {
    const options = parseMountOptions([
      "rbind",
      "ro",
      "nosuid",
      "rslave",
      "size=64k",
      "defaults",
      "rnoexec",
      "sync",
    ]);
    expect(options).toEqual({
      bind: true,
      recursive: true,
      attributes: { set: 0x01 | 0x02, clear: 0 },
      treeAttributes: { set: 0x08, clear: 0 },
      propagation: 0,
      treePropagation: 1 << 19,
      copyUp: false,
      idmap: "no",
      data: ["size=64k", "sync"],
    });
  });
  test("the last of two that contradict each other counts, and a time option replaces another", () => {
    expect(parseMountOptions(["ro", "rw"]).attributes).toEqual({ set: 0, clear: 0x01 });
    expect(parseMountOptions(["noatime", "strictatime"]).attributes).toEqual({
      set: 0x20,
      clear: 0x70,
    });
    expect(parseMountOptions(["shared", "private"]).propagation).toBe(1 << 18);
  });
});

test("compileLateReadonly() is for what other things are made in: tmpfs and /dev", () => {
  const options = ["ro"];
  const mounts = [
    { destination: "/a", type: "tmpfs", source: "t", options },
    { destination: "/dev", type: "devtmpfs", source: "d", options },
    { destination: "/b", type: "sysfs", source: "s", options },
    { destination: "/c", type: "tmpfs", source: "t" },
    { destination: "/d", type: "bind", source: "t", options },
  ];
  expect(compileLateReadonly({ ...testSpec(), mounts }, testFacts())).toEqual([
    { op: "attributes", tag: "mounts[0]", target: "/a", set: 1, clear: 0 },
    { op: "attributes", tag: "mounts[1]", target: "/dev", set: 1, clear: 0 },
  ]);
  expect(compile(...mounts).map((op) => "attributes" in op && op.attributes)).toEqual([0, 0, 1, 0, false]);
});

describe("compileMounts()", () => {
  test("takes the root's own path from a destination", () => {
    const mount = { type: "tmpfs", source: "t" };
    const targets = ["/bundle/rootfs/a", "/bundle/rootfs", "/bundle/rootfsx/a", "/b/../bundle/rootfs/c"].map(
      (destination) => compile({ ...mount, destination })[0]!,
    );
    expect(targets.map((op) => "target" in op && op.target)).toEqual([
      "/a",
      "/bundle/rootfs",
      "/bundle/rootfsx/a",
      "/c",
    ]);
  });
  test("binds from the bundle, with attributes", () => {
    const options = ["bind", "ro"];
    expect(compile({ destination: "/a/../b", source: "data", options })).toMatchObject([
      { op: "bind", tag: "mounts[0]", target: "/b", source: "/bundle/data", recursive: 0, set: 1, inProc: 0 },
    ]);
  });
  test("mounts file systems; procfs and sysfs only on real folders", () => {
    const [proc, tmpfs] = compile(
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=700", "tmpcopyup"] },
    );
    expect(proc).toMatchObject({ op: "mount", target: "/proc", type: "proc", strict: 1, copyUp: 0 });
    expect(tmpfs).toMatchObject({ tag: "mounts[1]", type: "tmpfs", strict: 0, copyUp: 1 });
    expect((tmpfs as { options: string }).options).toBe("mode=700\0");
  });
  test("lets nothing but procfs onto /proc, and lxcfs' files into it", () => {
    const inside = "inside /proc only procfs itself";
    expect(refusal({ destination: "/proc", type: "tmpfs", source: "x" })).toContain(inside);
    expect(refusal({ destination: "/proc/self/attr", type: "bind", source: "/x" })).toContain(inside);
    expect(refusal({ destination: "//proc/./x/../sys", type: "bind", source: "/x" })).toContain(inside);
    expect(refusal({ destination: "/proc/uptime", type: "bind", source: "/x" })).toBe("");
    expect(refusal({ destination: "/process", type: "tmpfs", source: "x" })).toBe("");
  });
  test("names the mount that is incomplete", () => {
    expect(refusal({ destination: "/x", type: "bind" })).toBe("mounts[0]: bind mount on /x has no source");
    expect(refusal({ destination: "/x" })).toBe("mounts[0]: mount on /x has no type");
  });
});

test("cleanPath() never leaves the root", () => {
  expect(["", "/", "a//b", "/../../a", "/a/./b/../c/"].map(cleanPath)).toEqual([
    "/",
    "/",
    "/a/b",
    "/a",
    "/a/c",
  ]);
});
