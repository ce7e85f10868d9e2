import { expect, test } from "bun:test";
import { deviceMapperOptions } from "./options.ts";

test("deviceMapperOptions() has stock's defaults", () => {
  expect(deviceMapperOptions([])).toEqual({
    loopDataSize: 107374182400,
    loopMetadataSize: 2147483648,
    mkfsArgs: [],
    mountOptions: [],
    blockSize: 65536,
    discard: true,
    minFree: 10,
    deferredRemoval: true,
    deferredDeletion: true,
    directLVMForce: false,
  });
});
test("deviceMapperOptions() takes what stock takes", () => {
  const given = [
    "dm.basesize=20G",
    "dm.fs=ext4",
    "dm.mkfsarg=-I",
    "dm.mkfsarg=512",
    "dm.mountopt=nodiscard,noatime",
    "dm.thinpooldev=/dev/mapper/docker-thinpool",
    "dm.blocksize=512K",
    "dm.min_free_space=5%",
    "dm.use_deferred_deletion=false",
    "dm.override_udev_sync_check=true",
    "dm.xfs_nospace_max_retries=0",
  ];
  expect(deviceMapperOptions(given)).toMatchObject({
    baseSize: 21474836480,
    filesystem: "ext4",
    mkfsArgs: ["-I", "512"],
    mountOptions: ["nodiscard", "noatime"],
    pool: "docker-thinpool",
    blockSize: 524288,
    minFree: 5,
    deferredRemoval: true,
    deferredDeletion: false,
    xfsRetries: "0",
    discard: false,
  });
  expect(deviceMapperOptions(["dm.thinpooldev=pool", "dm.blkdiscard=true"]).discard).toBe(true);
});
test.each([
  ["dm.fs=btrfs", "devmapper: Unsupported filesystem btrfs"],
  ["dm.nonsense=1", "devmapper: Unknown option dm.nonsense"],
  ["dm.basesize", "unable to parse key/value option"],
  ["dm.min_free_space=10", "devmapper: Option dm.min_free_space requires % suffix"],
  ["dm.min_free_space=100%", "devmapper: Invalid value 100% for option dm.min_free_space"],
  ["dm.thinp_percent=100", "dm.thinp_percent must be greater than 0 and less than 100"],
  ["dm.thinp_percent=x", "could not parse `dm.thinp_percent=x`"],
  ["dm.thinp_autoextend_threshold=80", "must provide device path in `dm.directlvm_device`"],
  ["dm.blkdiscard=maybe", "want true or false"],
])("deviceMapperOptions() refuses %s", (text, why) => {
  expect(() => deviceMapperOptions([text])).toThrow(why);
});
test("deviceMapperOptions() refuses deferred deletion without deferred removal", () => {
  const without = "dm.use_deferred_removal=false";
  expect(deviceMapperOptions([without]).deferredDeletion).toBe(false);
  expect(() => deviceMapperOptions([without, "dm.use_deferred_deletion=true"])).toThrow(
    "Deferred deletion can not be enabled as deferred removal is not enabled",
  );
});
test("deviceMapperOptions() takes what sets up LVM, all or none of it", () => {
  const device = "dm.directlvm_device=/dev/sdb";
  const more = ["dm.thinp_percent=90%", "dm.thinp_metapercent=2", "dm.thinp_autoextend_percent=30"];
  const options = deviceMapperOptions([device, ...more, "dm.directlvm_device_force=true"]);
  expect(options.directLVM).toEqual({
    Device: "/dev/sdb",
    ThinpPercent: 90,
    ThinpMetaPercent: 2,
    AutoExtendPercent: 30,
    AutoExtendThreshold: 0,
  });
  expect([options.directLVMForce, options.discard]).toEqual([true, false]);
  const fails = (...given: string[]) => expect(() => deviceMapperOptions([device, ...given]));
  fails("dm.thinp_percent=90").toThrow("must set both `dm.thinp_percent` and `dm.thinp_metapercent`");
  fails("dm.thinp_percent=90", "dm.thinp_metapercent=11").toThrow("must not be greater than 100");
  fails("dm.thinpooldev=x").toThrow("cannot setup direct-lvm when `dm.thinpooldev` is also specified");
});
