import { beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceInfo, TargetLine } from "../../linux/device-mapper.ts";
import { DeviceSet } from "./device-set.ts";
import type { Mapper } from "./mapper.ts";
import { BASE, DeviceRecords } from "./records.ts";

const failure = (code: string) => Object.assign(new Error(`ioctl: ${code}`), { code });

/** A kernel with one thin pool, in memory. `dieAt` lets it refuse everything from the n-th message on, as if killed. */
class FakeKernel implements Mapper {
  readonly thin = new Set<number>();
  readonly active = new Map<string, DeviceInfo>([["pool", this.#info(0)]]);
  readonly busy = new Set<number>();
  transaction = 0;
  messages = 0;
  dieAt = Number.POSITIVE_INFINITY;
  used = 10;

  #info(minor: number): DeviceInfo {
    return { major: 253, minor, openCount: 0, deferredRemove: false };
  }
  info(name: string): DeviceInfo | undefined {
    return this.active.get(name);
  }
  create(name: string, { params }: TargetLine): DeviceInfo {
    if (!this.thin.has(Number(params.split(" ")[1]))) throw failure("ENODATA");
    const info = this.#info(this.active.size);
    this.active.set(name, info);
    return info;
  }
  remove(name: string): void {
    if (!this.active.delete(name)) throw failure("ENXIO");
  }
  suspend(): void {}
  resume(): void {}
  target(): TargetLine {
    const params = `${this.transaction} 1/100 ${this.used}/100 - rw`;
    return { type: "thin-pool", length: 100 << 16, params };
  }
  message(_: string, text: string): void {
    if (this.messages++ >= this.dieAt) throw failure("EIO");
    const [verb, ...numbers] = text.split(" ");
    const [first = 0, second = 0] = numbers.map(Number);
    if (verb === "delete") {
      if (this.busy.has(first)) throw failure("EBUSY");
      if (!this.thin.delete(first)) throw failure("ENODATA");
    } else if (verb === "set_transaction_id") {
      if (this.transaction !== first) throw failure("EINVAL");
      this.transaction = second;
    } else {
      if (this.thin.has(first)) throw failure("EEXIST");
      if (verb === "create_snap" && !this.thin.has(second)) throw failure("ENODATA");
      this.thin.add(first);
    }
  }
}

let root: string;
let kernel: FakeKernel;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "device-set-"));
  kernel = new FakeKernel();
});

const open = (options: { minFree?: number; deferredDeletion?: boolean } = {}) =>
  new DeviceSet({
    pool: "pool",
    prefix: "docker-8:1-5",
    records: new DeviceRecords(root),
    mapper: kernel,
    minFree: 10,
    deferredRemoval: true,
    deferredDeletion: true,
    ...options,
  });
const metadata = (name: string) => JSON.parse(readFileSync(join(root, "metadata", name), "utf8"));

describe("DeviceSet", () => {
  test("keeps moby's records", () => {
    const set = open();
    set.create(BASE, 1000);
    set.update(BASE, { initialized: true });
    set.snapshot("layer", BASE, 2000);
    set.save({ uuid: "some-uuid", filesystem: "xfs" });
    expect(metadata("base")).toEqual({
      device_id: 1,
      size: 1000,
      transaction_id: 1,
      initialized: true,
      deleted: false,
    });
    expect(metadata("layer")).toMatchObject({ device_id: 2, size: 2000, transaction_id: 2 });
    expect(metadata("deviceset-metadata")).toEqual({
      next_device_id: 2,
      BaseDeviceUUID: "some-uuid",
      BaseDeviceFilesystem: "xfs",
    });
    expect(metadata("transaction-metadata")).toEqual({
      open_transaction_id: 2,
      device_hash: "layer",
      device_id: 2,
    });
    expect(open().ids()).toEqual(["layer"]);
  });

  test("undoes what was interrupted at any message", async () => {
    const set = open();
    set.create(BASE, 1000);
    set.snapshot("old", BASE, 1000);
    const work = async (one: DeviceSet) => {
      one.snapshot("new", "old", 1000);
      await one.delete("new");
    };
    let died = 0;
    for (let at = 0; ; at++) {
      kernel.dieAt = kernel.messages + at;
      const finished = await work(open()).then(
        () => true,
        () => false,
      );
      kernel.dieAt = Number.POSITIVE_INFINITY;
      const again = open();
      const known = [BASE, ...again.ids()].map((id) => again.require(id).device_id);
      // Nothing is lost, and nothing in the pool has no record.
      expect(known.sort()).toEqual([...kernel.thin].sort());
      expect(again.ids()).toContain("old");
      await again.delete("new");
      if (finished) break;
      died++;
    }
    expect(died).toBe(4);
  });

  test("a device that the pool has but no record tells of is left alone", () => {
    kernel.thin.add(1);
    expect(open().create(BASE, 1000).device_id).toBe(2);
    expect([...kernel.thin]).toEqual([1, 2]);
  });

  test("one that is in use when it is deleted goes later", async () => {
    const set = open();
    set.create(BASE, 1000);
    set.snapshot("layer", BASE, 1000);
    kernel.busy.add(2);
    await set.delete("layer");
    expect([set.ids(), set.deletedCount(), metadata("layer").deleted]).toEqual([[], 1, true]);
    expect(() => set.snapshot("other", "layer", 1000)).toThrow("marked for deferred deletion");
    kernel.busy.clear();
    await open().deletePending();
    expect(readdirSync(join(root, "metadata"))).not.toContain("layer");
    expect([...kernel.thin]).toEqual([1]);
    const strict = open({ deferredDeletion: false });
    strict.snapshot("layer", BASE, 1000);
    kernel.busy.add(strict.require("layer").device_id);
    await expect(strict.delete("layer")).rejects.toThrow("it is in use");
  });

  test("refuses to fill the pool up", () => {
    const set = open();
    set.create(BASE, 1000);
    kernel.used = 91;
    expect(() => set.snapshot("layer", BASE, 1000)).toThrow(
      "devmapper: Thin Pool has 9 free data blocks which is less than minimum required 10 free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior",
    );
    expect(open({ minFree: 0 }).snapshot("layer", BASE, 1000).device_id).toBe(2);
  });

  test("a damaged record is a layer less, and no reason not to start", () => {
    const set = open();
    set.create(BASE, 1000);
    set.snapshot("layer", BASE, 1000);
    for (const text of [
      "",
      "{",
      "[]",
      '{"device_id":-1,"size":5}',
      '{"device_id":16777216,"size":5}',
      "null",
    ]) {
      writeFileSync(join(root, "metadata/layer"), text);
      expect(open().ids()).toEqual([]);
    }
    writeFileSync(join(root, "metadata/.tmp123"), "cut");
    writeFileSync(join(root, "metadata/transaction-metadata"), "{");
    expect(() => open()).toThrow("transaction-metadata cannot be read");
  });

  test("a device that is wanted again meanwhile stays active", async () => {
    const set = open();
    set.create(BASE, 1000);
    set.activate(BASE);
    set.activate(BASE);
    await set.deactivate(BASE);
    expect(kernel.active.has("docker-8:1-5-base")).toBe(true);
    await set.deactivate(BASE);
    expect(kernel.active.has("docker-8:1-5-base")).toBe(false);
  });
});
