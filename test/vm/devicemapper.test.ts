/** Storage driver devicemapper, which only the virtual machine's kernel has: thin pools on loop devices and given ones. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createDevice, deviceInfo, removeDevice } from "../../src/linux/device-mapper.ts";
import { attachLoop, deviceNumber } from "../../src/linux/loop.ts";
import { conformance } from "../../src/storage/conformance.testing.ts";
import type { StorageDriver } from "../../src/storage/driver.ts";
import { openDriver } from "../../src/storage/open.ts";

const SMALL = ["dm.loopdatasize=1500m", "dm.loopmetadatasize=32m", "dm.basesize=400m"];
const newRoot = () => mkdtempSync("/var/tmp/devicemapper-");
const remove = (root: string) => rmSync(root, { recursive: true, force: true });
const open = (root: string, ...options: string[]) =>
  openDriver({ root, name: "devicemapper", options: [...SMALL, ...options] });
const devices = () => readdirSync("/dev").filter((name) => name.startsWith("dm-"));

const run = (...command: string[]): string => {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
};

beforeAll(() => {
  run("modprobe", "loop");
});

describe("devicemapper with xfs", () =>
  conformance({ makeRoot: newRoot, open: (root) => open(root, "dm.fs=xfs"), removeRoot: remove }));

test("ext4 serves as well, and grows", async () => {
  const root = newRoot();
  const driver = await open(root, "dm.fs=ext4");
  await driver.create("image", undefined);
  writeFileSync(join(await driver.mount("image"), "file"), "content");
  await driver.unmount("image");
  await driver.create("box", "image", { writable: true, storageOpt: { size: "600m" } });
  const path = await driver.mount("box");
  expect(readFileSync(join(path, "file"), "utf8")).toBe("content");
  const { blocks, bsize } = statfsSync(path);
  expect(blocks * bsize).toBeGreaterThan(500 << 20);
  await driver.remove("box");
  await driver.remove("image");
  await driver.cleanup();
  remove(root);
});

describe("devicemapper", () => {
  let root: string;
  let driver: StorageDriver;
  beforeAll(async () => {
    root = newRoot();
    driver = await open(root);
  });
  afterAll(async () => {
    await driver.cleanup();
    remove(root);
  });

  test("docker info has stock's rows", () => {
    const rows = Object.fromEntries(driver.status());
    expect(rows).toMatchObject({
      "Pool Blocksize": "65.54kB",
      "Base Device Size": "419.4MB",
      "Backing Filesystem": "xfs",
      "Udev Sync Supported": "true",
      "Data Space Total": "1.573GB",
      "Deferred Removal Enabled": "true",
      "Data loop file": join(root, "devicemapper/devicemapper/data"),
    });
    expect(rows["Pool Name"]).toMatch(/^docker-\d+:\d+-\d+-pool$/);
    expect(rows["Data file"]).toMatch(/^\/dev\/loop\d+$/);
  });

  test("size= is a larger file system, and never a smaller one", async () => {
    await driver.create("large", undefined, { storageOpt: { size: "600m" } });
    const path = await driver.mount("large");
    const { blocks, bsize } = statfsSync(path);
    expect(blocks * bsize).toBeGreaterThan(500 << 20);
    await driver.remove("large");
    await expect(driver.create("small", undefined, { storageOpt: { size: "100m" } })).rejects.toThrow(
      "devmapper: Container size cannot be smaller than 419.4MB",
    );
    await expect(driver.create("odd", undefined, { storageOpt: { sise: "1g" } })).rejects.toThrow(
      "Unknown option sise",
    );
    expect(await driver.list()).toEqual([]);
  });

  test("what a crash interrupted is undone", async () => {
    await driver.create("kept", undefined);
    await driver.create("half", "kept");
    const metadata = join(root, "devicemapper/metadata");
    const half = JSON.parse(readFileSync(join(metadata, "half"), "utf8"));
    // As if it had been killed before the pool's transaction id was raised.
    writeFileSync(
      join(metadata, "transaction-metadata"),
      JSON.stringify({
        open_transaction_id: half.transaction_id + 1,
        device_hash: "half",
        device_id: half.device_id,
      }),
    );
    const again = await open(root);
    expect(await again.list()).toEqual(["kept"]);
    await again.create("half", "kept");
    expect(readFileSync(join(metadata, "half"), "utf8")).toContain('"device_id"');
    await again.remove("half");
    await again.remove("kept");
    driver = again;
  });

  test("a layer that is in use goes when it is free", async () => {
    await driver.create("busy", undefined);
    const path = await driver.mount("busy");
    writeFileSync(join(path, "open"), "x");
    const sleeper = Bun.spawn(["sleep", "1000"], { cwd: path });
    await driver.remove("busy");
    expect(await driver.exists("busy")).toBe(false);
    expect(Object.fromEntries(driver.status())["Deferred Deleted Device Count"]).toBe("1");
    sleeper.kill("SIGKILL");
    await sleeper.exited;
    await driver.create("next", undefined);
    for (
      let i = 0;
      i < 200 && Object.fromEntries(driver.status())["Deferred Deleted Device Count"] !== "0";
      i++
    ) {
      await Bun.sleep(50);
      await driver.remove("next");
      await driver.create("next", undefined);
    }
    expect(Object.fromEntries(driver.status())["Deferred Deleted Device Count"]).toBe("0");
    await driver.remove("next");
  });

  test("cleanup() leaves no device and no loop device", async () => {
    const one = newRoot();
    const before = devices();
    const other = await open(one);
    await other.create("layer", undefined);
    await other.mount("layer");
    expect(devices().length).toBeGreaterThan(before.length);
    await other.cleanup();
    expect(devices()).toEqual(before);
    expect(run("losetup", "-a")).not.toContain(one);
    const again = await open(one);
    expect(await again.list()).toEqual(["layer"]);
    await again.cleanup();
    remove(one);
  });

  test("a pool that is full refuses new layers in words", async () => {
    const one = newRoot();
    const other = await open(one, "dm.min_free_space=99%");
    await expect(other.create("layer", undefined)).rejects.toThrow(
      /devmapper: Thin Pool has \d+ free data blocks which is less than minimum required \d+ free data blocks/,
    );
    await other.cleanup();
    remove(one);
  });
});

describe("devicemapper on a thin pool that is given", () => {
  let folder: string;
  beforeAll(() => {
    folder = newRoot();
    for (const name of ["data", "metadata"]) {
      writeFileSync(join(folder, name), "");
      run("truncate", "-s", name === "data" ? "1G" : "32M", join(folder, name));
    }
    const [data, metadata] = [attachLoop(join(folder, "data")), attachLoop(join(folder, "metadata"))];
    const params = `${deviceNumber(metadata.path)} ${deviceNumber(data.path)} 128 32768 1 skip_block_zeroing`;
    createDevice("vg-thinpool", { type: "thin-pool", length: 1 << 30, params });
    data.close();
    metadata.close();
  });
  afterAll(() => {
    removeDevice("vg-thinpool");
    remove(folder);
  });

  test("is used, and stays", async () => {
    const root = newRoot();
    const driver = await open(root, "dm.thinpooldev=/dev/mapper/vg-thinpool");
    expect(Object.fromEntries(driver.status())).toMatchObject({ "Pool Name": "vg-thinpool" });
    await driver.create("layer", undefined);
    await driver.cleanup();
    expect(deviceInfo("vg-thinpool")?.openCount).toBe(0);
    const again = await open(root, "dm.thinpooldev=vg-thinpool");
    expect(await again.list()).toEqual(["layer"]);
    await again.cleanup();
    const other = newRoot();
    await expect(open(other, "dm.thinpooldev=vg-thinpool")).rejects.toThrow(
      "devmapper: Unable to take ownership of thin-pool (vg-thinpool) that already has used data blocks",
    );
    expect(statSync(other).isDirectory()).toBe(true);
    expect(readdirSync(other)).toEqual([]);
    await expect(open(other, "dm.thinpooldev=vg-none")).rejects.toThrow(
      "devmapper: thin pool vg-none is not there: make it with lvcreate",
    );
    mkdirSync(other, { recursive: true });
    remove(other);
    remove(root);
  });
});
