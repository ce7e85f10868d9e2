/** The commands that set up LVM, against programs that record them; test/vm/long/direct-lvm.test.ts has the real ones. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpDirectLVM } from "./direct-lvm.ts";
import type { DirectLVM } from "./options.ts";

const WANTED: DirectLVM = {
  Device: "/dev/sdb",
  ThinpPercent: 0,
  ThinpMetaPercent: 0,
  AutoExtendPercent: 0,
  AutoExtendThreshold: 0,
};
const PROGRAMS = ["pvcreate", "vgcreate", "lvcreate", "lvconvert", "lvchange", "thin_check", "pvdisplay"];

let folder: string;
const path = process.env["PATH"];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "direct-lvm-"));
  for (const name of [...PROGRAMS, "blkid", "vgremove", "pvremove"]) program(name, "");
  process.env["PATH"] = `${folder}:${path}`;
  process.env["LVM_LOG"] = join(folder, "log");
});
afterEach(() => {
  process.env["PATH"] = path;
  delete process.env["LVM_LOG"];
  rmSync(folder, { recursive: true });
});

function program(name: string, then: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\necho "$(basename $0) $*" >> $LVM_LOG\n${then}\n`);
  chmodSync(join(folder, name), 0o755);
}
const setUp = (wanted: Partial<DirectLVM> = {}, force = false) =>
  setUpDirectLVM({ ...WANTED, ...wanted }, force, {
    root: join(folder, "root"),
    profiles: join(folder, "profile"),
  });
const log = () => (existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : "");
const note = () => join(folder, "root/setup-config.json");

test("stock's commands, in stock's order, once", () => {
  setUp({ ThinpPercent: 90, ThinpMetaPercent: 2 });
  expect(log().trim().split("\n")).toEqual([
    "pvdisplay /dev/sdb",
    "blkid /dev/sdb",
    "pvcreate -f /dev/sdb",
    "vgcreate docker /dev/sdb",
    "lvcreate --wipesignatures y -n thinpool docker --extents 90%VG",
    "lvcreate --wipesignatures y -n thinpoolmeta docker --extents 2%VG",
    "lvconvert -y --zero n -c 512K --thinpool docker/thinpool --poolmetadata docker/thinpoolmeta",
    "lvchange --metadataprofile docker-thinpool docker/thinpool",
  ]);
  expect(readFileSync(join(folder, "profile/docker-thinpool.profile"), "utf8")).toBe(
    "activation{\nthin_pool_autoextend_threshold=80\nthin_pool_autoextend_percent=20\n}",
  );
  expect(readFileSync(note(), "utf8")).toBe(
    '{"Device":"/dev/sdb","ThinpPercent":90,"ThinpMetaPercent":2,"AutoExtendPercent":0,"AutoExtendThreshold":0}',
  );
  const before = log();
  setUp({ ThinpPercent: 90, ThinpMetaPercent: 2 });
  expect(log()).toBe(before);
  expect(() => setUp({ Device: "/dev/sdc" })).toThrow("changing direct-lvm config is not supported");
});

test("a device that is in use is refused, one with a file system unless forced", () => {
  program("blkid", `echo '/dev/sdb: UUID="x" TYPE="ext4"'`);
  expect(() => setUp()).toThrow("/dev/sdb has a filesystem already, use dm.directlvm_device_force=true");
  expect(log()).not.toContain("pvcreate");
  setUp({}, true);
  expect(log()).toContain("pvcreate -f /dev/sdb");
  rmSync(note());
  program("pvdisplay", "printf '  PV Name   /dev/sdb\\n  VG Name               other\\n'");
  expect(() => setUp({}, true)).toThrow('/dev/sdb is already part of a volume group "other"');
});

test("what fails in the middle is taken away, and no note says that it is there", () => {
  program("lvconvert", "echo 'no room' >&2; exit 5");
  expect(() => setUp()).toThrow(/lvconvert .*: no room$/);
  expect(log().trim().split("\n").slice(-2)).toEqual(["vgremove -f docker", "pvremove -f /dev/sdb"]);
  expect(existsSync(note())).toBe(false);
});

test.skipIf(Bun.which("thin_check") !== null)("a program that is missing is named, with its package", () => {
  rmSync(join(folder, "thin_check"));
  expect(() => setUp()).toThrow(
    "error looking up command `thin_check` while setting up direct lvm: install it (apt-get install lvm2 thin-provisioning-tools)",
  );
  expect(log()).toBe("");
});
