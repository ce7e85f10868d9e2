/** devicemapper on a pool that the real LVM is made to set up; `make test-vm FILES=test/vm/long/direct-lvm.test.ts`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDriver } from "../../../src/storage/open.ts";

let root: string;
let device: string;
const run = (...command: string[]): string => {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString().trim();
};
const open = (...options: string[]) =>
  openDriver({
    root,
    name: "devicemapper",
    options: [`dm.directlvm_device=${device}`, "dm.basesize=400m", ...options],
  });

beforeAll(() => {
  root = mkdtempSync("/var/tmp/direct-lvm-");
  run("modprobe", "loop");
  run("truncate", "-s", "1500M", join(root, "disk"));
  device = run("losetup", "--find", "--show", join(root, "disk"));
});
afterAll(() => {
  Bun.spawnSync(["vgremove", "-f", "docker"]);
  Bun.spawnSync(["losetup", "--detach", device]);
  rmSync(root, { recursive: true, force: true });
});

test("a pool is set up by LVM, used, and found again; other options are refused", async () => {
  const driver = await open("dm.thinp_percent=80", "dm.thinp_metapercent=4");
  expect(Object.fromEntries(driver.status())).toMatchObject({
    "Pool Name": "docker-thinpool",
    "Pool Blocksize": "524.3kB",
  });
  expect(run("lvs", "--noheadings", "-o", "lv_profile", "docker/thinpool")).toBe("docker-thinpool");
  await driver.create("layer", undefined);
  writeFileSync(join(await driver.mount("layer"), "file"), "content");
  await driver.unmount("layer");
  await driver.cleanup();
  const again = await open("dm.thinp_percent=80", "dm.thinp_metapercent=4");
  expect(readFileSync(join(await again.mount("layer"), "file"), "utf8")).toBe("content");
  await again.unmount("layer");
  await again.remove("layer");
  await again.cleanup();
  await expect(open("dm.thinp_percent=70", "dm.thinp_metapercent=4")).rejects.toThrow(
    "changing direct-lvm config is not supported",
  );
  rmSync(join(root, "devicemapper"), { recursive: true });
  await expect(open()).rejects.toThrow(`${device} is already part of a volume group "docker"`);
});
