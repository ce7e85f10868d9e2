import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNT, MS, mount, mountWithOptions, splitMountOptions, unmount } from "./mount.ts";

test("splitMountOptions() tells flags from the file system's data", () => {
  expect(splitMountOptions(["ro", "nosuid", "size=1m", "suid", "rbind"])).toEqual({
    flags: MS.RDONLY | MS.BIND | MS.REC,
    data: "size=1m",
  });
});

test("mount() and unmount() work, and name what failed", () => {
  const folder = mkdtempSync(join(tmpdir(), "mount-"));
  try {
    mount("tmpfs", folder, "tmpfs", 0, "size=64k");
    writeFileSync(join(folder, "file"), "x");
    mkdirSync(join(folder, "bound"));
    mountWithOptions(folder, join(folder, "bound"), "none", ["bind", "ro"]);
    expect(() => writeFileSync(join(folder, "bound", "file"), "y")).toThrow("EROFS");
    unmount(join(folder, "bound"));
    unmount(folder, MNT.DETACH);
    expect(readdirSync(folder)).toEqual([]);
    expect(() => unmount(folder)).toThrow(`umount ${folder}: EINVAL`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
