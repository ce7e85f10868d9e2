import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNT, unmount } from "../linux/mount.ts";
import { conformance } from "./conformance.testing.ts";
import { openDriver } from "./open.ts";

const newRoot = () => mkdtempSync(join(tmpdir(), "driver-"));
const remove = (root: string) => rmSync(root, { recursive: true, force: true });

const plain = (name: string, options: string[] = []) => ({
  makeRoot: newRoot,
  open: (root: string) => openDriver({ root, name, options }),
  removeRoot: remove,
});

describe("overlay2", () => conformance(plain("overlay2")));
describe("overlay2 with index and metacopy", () =>
  conformance(plain("overlay2", ["overlay2.index=on", "overlay2.metacopy=on"])));
describe("overlay2 with userxattr", () => conformance(plain("overlay2", ["overlay2.userxattr=on"])));
describe("vfs", () => conformance(plain("vfs")));

const fuse = Bun.which("fuse-overlayfs") !== null && existsSync("/dev/fuse");
describe.skipIf(!fuse)("fuse-overlayfs", () => conformance(plain("fuse-overlayfs")));

const btrfs =
  Bun.which("mkfs.btrfs") !== null && readFileSync("/proc/filesystems", "utf8").includes("\tbtrfs\n");
describe.skipIf(!btrfs)("btrfs", () => {
  let disk: string;
  let roots = 0;
  const run = (...command: string[]) => {
    const child = Bun.spawnSync(command);
    if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  };
  beforeAll(() => {
    disk = newRoot();
    run("truncate", "-s", "300M", join(disk, "image"));
    run("mkfs.btrfs", "-q", join(disk, "image"));
    mkdirSync(join(disk, "mnt"));
    run("mount", "-o", "loop", join(disk, "image"), join(disk, "mnt"));
  });
  const makeRoot = () => {
    const root = join(disk, "mnt", `root${roots++}`);
    mkdirSync(root);
    return root;
  };
  conformance({ makeRoot, open: (root) => openDriver({ root, name: "btrfs" }), removeRoot: remove });

  test("is chosen for a new data root on btrfs", async () => {
    expect((await openDriver({ root: makeRoot() })).name).toBe("btrfs");
  });

  test("subvolumes that a container made go with its layer", async () => {
    const driver = await openDriver({ root: makeRoot(), name: "btrfs" });
    await driver.create("box", undefined);
    const path = await driver.mount("box");
    mkdirSync(join(path, "var"));
    run("btrfs", "subvolume", "create", join(path, "var/own"));
    writeFileSync(join(path, "var/own/file"), "x");
    await driver.remove("box");
    expect(await driver.list()).toEqual([]);
  });

  test("size limits what a layer may hold", async () => {
    const driver = await openDriver({ root: makeRoot(), name: "btrfs" });
    await driver.create("small", undefined, { storageOpt: { size: "2m" } });
    const path = await driver.mount("small");
    const fill = Bun.spawnSync(["dd", "if=/dev/urandom", `of=${path}/big`, "bs=1M", "count=8", "conv=fsync"]);
    expect(fill.stderr.toString()).toContain("quota exceeded");
    await driver.remove("small");
  });

  afterAll(() => {
    unmount(join(disk, "mnt"), MNT.DETACH);
    remove(disk);
  });
});

/** In a kernel without aufs its layers are only read: see test/migrate.test.ts. */
const aufs = readFileSync("/proc/filesystems", "utf8").includes("\taufs\n");
describe.skipIf(!aufs)("aufs (skipped where the kernel has none)", () => conformance(plain("aufs")));

describe("choice of a driver", () => {
  let root: string;
  beforeAll(() => {
    root = newRoot();
  });
  afterAll(() => remove(root));
  const layer = (driver: string, path = "x") => mkdirSync(join(root, driver, path), { recursive: true });

  test("overlay2 for a new data root on a common file system; a named driver is taken", async () => {
    expect((await openDriver({ root })).name).toBe("overlay2");
    expect((await openDriver({ root, name: "vfs" })).name).toBe("vfs");
  });
  test("a refusal names the cause and the cure, and leaves nothing in the data root", async () => {
    await expect(openDriver({ root: root, name: "btrfs" })).rejects.toThrow(
      /^error initializing graphdriver: btrfs: prerequisites for driver not satisfied \(wrong filesystem\?\): .* put --data-root on a btrfs/,
    );
    await expect(openDriver({ root, name: "nonsense" })).rejects.toThrow(
      "error initializing graphdriver: nonsense: driver not supported (there is no storage driver of this name; supported here: overlay2",
    );
    await expect(openDriver({ root, name: "overlay2", options: ["overlay2.nonsense=1"] })).rejects.toThrow(
      "overlay2: unknown option overlay2.nonsense=1",
    );
    expect(existsSync(join(root, "btrfs"))).toBe(false);
  });
  test.skipIf(existsSync("/dev/mapper/control"))(
    "devicemapper tells the real cause, and leaves nothing",
    async () => {
      await expect(openDriver({ root, name: "devicemapper" })).rejects.toThrow(
        "error initializing graphdriver: devicemapper: driver not supported: the kernel has no device mapper: load its module with `modprobe dm_mod`, or choose another --storage-driver",
      );
      expect(existsSync(join(root, "devicemapper"))).toBe(false);
      layer("devicemapper/metadata");
      await expect(openDriver({ root })).rejects.toThrow(
        /^\[graphdriver\] prior storage driver "devicemapper" failed: driver not supported: the kernel has no .* is left as it is; to start without it, give another --data-root\)$/,
      );
      rmSync(join(root, "devicemapper"), { recursive: true });
    },
  );
  test("the driver that wrote the data root comes first", async () => {
    layer("vfs", "dir/abc");
    expect((await openDriver({ root })).name).toBe("vfs");
    layer("zfs", "graph");
    if (Bun.which("zfs") === null)
      await expect(openDriver({ root })).rejects.toThrow(
        /^\[graphdriver\] prior storage driver "zfs" failed: prerequisites for driver not satisfied \(wrong filesystem\?\): the program zfs is not in PATH: install it .* is left as it is; /,
      );
    rmSync(join(root, "zfs"), { recursive: true });
    layer("aufs/diff/abc");
    await expect(openDriver({ root })).rejects.toThrow(
      /^\[graphdriver\] prior storage driver "aufs" failed: driver not supported \(.*`dockerd migrate --from aufs --to overlay2 -g /,
    );
    layer("overlay2/abc");
    await expect(openDriver({ root })).rejects.toThrow(
      "contains several valid graphdrivers: overlay2, aufs; please cleanup or explicitly choose storage driver (-s <DRIVER>)",
    );
  });
});
