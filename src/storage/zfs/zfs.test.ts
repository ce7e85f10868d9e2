/** The driver's commands, against a recorded `zfs`; and all of it on the real one, where zfs-fuse is installed. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNT, unmount } from "../../linux/mount.ts";
import { conformance } from "../conformance.testing.ts";
import { openDriver } from "../open.ts";
import { ZfsDriver } from "./driver.ts";
import { quotaAsked, zfsOptions } from "./options.ts";
import { datasetInMounts } from "./probe.ts";

const BASE = "a".repeat(64);
const BOX = "b".repeat(64);

/**
 * Answers as OpenZFS 2.1 does, down to words and tabs, and keeps a list of file systems; each command goes into a log.
 * Words of errors are those of lib/libzfs.
 */
const RECORDED = `#!/bin/bash
BASE=${BASE} BOX=${BOX}
state=$ZFS_STATE; program=\${0##*/}; echo "$program $*" >> $state/log
args=("$@"); last=\${args[-1]}
case "$program $1" in
  "zpool list") printf 'ONLINE\\n' ;;
  "zfs list") case "$*" in *name,origin*) printf 'tank/docker\t-\ntank/docker/BOX\ttank/docker/BASE@1\n' | sed "s/BOX/$BOX/; s/BASE/$BASE/"; exit ;; esac
    [ "$last" = tank/docker ] || { echo "cannot open '$last': dataset does not exist" >&2; exit 1; }
    cat $state/datasets ;;
  "zfs get") printf 'used\\t98304\\navailable\\t184283136\\nquota\\t0\\ncompression\\toff\\n' ;;
  "zfs create"|"zfs clone")
    if grep -qx "$last" $state/datasets; then echo "cannot create '$last': dataset already exists" >&2; exit 1; fi
    echo "$last" >> $state/datasets ;;
  "zfs destroy")
    case $last in *@*) exit 0 ;; esac
    for n in 1 2; do
      if [ -e $state/failure-$n ]; then cat $state/failure-$n >&2; rm $state/failure-$n; exit 1; fi
    done
    sed -i "\\\\|^$last\\$|d" $state/datasets ;;
  "zfs set") case $2 in *bad) echo "cannot set property for '$last': bad numeric value 'bad'" >&2; exit 1 ;; esac ;;
esac
`;

describe("on a recorded zfs", () => {
  let folder: string;
  let driver: ZfsDriver;
  const path = process.env["PATH"];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "zfs-"));
    for (const name of ["zfs", "zpool"]) {
      writeFileSync(join(folder, name), RECORDED);
      chmodSync(join(folder, name), 0o755);
    }
    writeFileSync(join(folder, "datasets"), `tank/docker\ntank/docker/${BASE}\ntank/docker/home\n`);
    process.env["PATH"] = `${folder}:${path}`;
    process.env["ZFS_STATE"] = folder;
    driver = await ZfsDriver.open(join(folder, "root"), "tank/docker", () => {});
    writeFileSync(join(folder, "log"), "");
  });
  afterEach(() => {
    process.env["PATH"] = path;
    delete process.env["ZFS_STATE"];
    rmSync(folder, { recursive: true });
  });
  const log = () => readFileSync(join(folder, "log"), "utf8").replaceAll(/@\d+/g, "@N").trim().split("\n");

  test("a layer on another is a clone whose snapshot goes with it; a size is a quota", async () => {
    await driver.create(BOX, BASE, { storageOpt: { size: "10G" } });
    expect(log()).toEqual([
      `zfs snapshot tank/docker/${BASE}@N`,
      `zfs clone -p -o mountpoint=legacy tank/docker/${BASE}@N tank/docker/${BOX}`,
      `zfs destroy -d tank/docker/${BASE}@N`,
      `zfs set quota=10G tank/docker/${BOX}`,
    ]);
    expect(await driver.list()).toEqual([BASE, BOX]);
    expect(await driver.metadata(BOX)).toEqual({
      Mountpoint: join(folder, "root/graph", BOX),
      Dataset: `tank/docker/${BOX}`,
    });
    await driver.remove(BOX);
    expect(log().at(-1)).toBe(`zfs destroy -r tank/docker/${BOX}`);
    expect(await driver.exists(BOX)).toBe(false);
  });

  test("a layer that others stand on can go: they get what they share; one in use is tried again", async () => {
    await driver.create(BOX, BASE);
    const dependent =
      "cannot destroy 'x': filesystem has dependent clones\nuse '-R' to destroy the following datasets:\n";
    writeFileSync(join(folder, "failure-1"), dependent);
    writeFileSync(join(folder, "failure-2"), "cannot destroy 'x': dataset is busy\n");
    writeFileSync(join(folder, "log"), "");
    await driver.remove(BASE);
    const destroy = `zfs destroy -r tank/docker/${BASE}`;
    const origins = "zfs list -rH -t filesystem -o name,origin tank/docker";
    expect(log()).toEqual([destroy, origins, `zfs promote tank/docker/${BOX}`, destroy, destroy]);
    expect(await driver.list()).toEqual([BOX]);
  });

  test("a layer without one below is a new file system; a failure leaves nothing", async () => {
    await expect(driver.create(BOX, undefined, { storageOpt: { size: "bad" } })).rejects.toThrow(
      `zfs set quota=bad tank/docker/${BOX}: cannot set property for 'tank/docker/${BOX}': bad numeric value 'bad'`,
    );
    expect(log()[0]).toBe(`zfs create -o mountpoint=legacy tank/docker/${BOX}`);
    expect(readFileSync(join(folder, "datasets"), "utf8")).not.toContain(BOX);
    expect(await driver.list()).toEqual([BASE]);
    await expect(driver.create(BASE, undefined)).rejects.toThrow("exists already");
    // Somebody has made one behind our back.
    writeFileSync(join(folder, "datasets"), `tank/docker/${BOX}\n`);
    await expect(driver.create(BOX, undefined)).rejects.toThrow("dataset already exists");
  });

  test("docker info shows what stock shows; file systems of people are no layers", async () => {
    expect(driver.status()).toEqual([
      ["Zpool", "tank"],
      ["Zpool Health", "ONLINE"],
      ["Parent Dataset", "tank/docker"],
      ["Space Used By Parent", "98304"],
      ["Space Available", "184283136"],
      ["Parent Quota", "no"],
      ["Compression", "off"],
    ]);
    expect(await driver.list()).toEqual([BASE]);
    await expect(ZfsDriver.open(folder, "tank/none", () => {})).rejects.toThrow(
      "Cannot find root filesystem tank/none: zfs list -rH -t filesystem -o name tank/none: cannot open 'tank/none': dataset does not exist",
    );
  });

  test.skipIf(existsSync("/dev/zfs"))(
    "without /dev/zfs it is refused in stock's words, with the cause",
    async () => {
      await expect(openDriver({ root: folder, name: "zfs" })).rejects.toThrow(
        /^error initializing graphdriver: zfs: prerequisites for driver not satisfied \(wrong filesystem\?\): \/dev\/zfs cannot be opened \(.*\): load the kernel's module with `modprobe zfs`/,
      );
      expect(existsSync(join(folder, "zfs/graph"))).toBe(false);
    },
  );
});

test("options are stock's", () => {
  expect(zfsOptions(["zfs.fsname=tank/docker"])).toEqual({ dataset: "tank/docker" });
  expect(() => zfsOptions(["zfs.size=1"])).toThrow("Unknown option zfs.size=1");
  expect(quotaAsked({ Size: "1G" })).toBe("1G");
  expect(() => quotaAsked({ inodes: "1" })).toThrow("Unknown option inodes");
});

test("the data root's file system is found among the mounts", () => {
  const mounts = `29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
36 29 0:41 / /tank rw,noatime shared:20 - zfs tank rw,xattr,noacl
37 29 0:42 / /var/lib/docker\\040root rw,noatime shared:21 - zfs tank/docker rw,xattr,noacl`;
  expect(datasetInMounts(mounts, (point) => point === "/var/lib/docker root")).toBe("tank/docker");
  expect(datasetInMounts(mounts, (point) => point === "/")).toBeUndefined();
});

/** Debian's zfs-fuse: the real programs and file system, but mounted by them, as there is no kernel module. */
const fuse = Bun.which("zfs-fuse") !== null && existsSync("/dev/fuse");
describe.skipIf(!fuse)("on zfs-fuse (skipped where it is not installed)", () => {
  let disk: string;
  let server: Bun.Subprocess;
  let roots = 0;
  const run = (...command: string[]) => Bun.spawnSync(command, { stderr: "pipe" });
  const must = (...command: string[]) => {
    const child = run(...command);
    if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  };
  /** The server hears of an unmount later; until then it says that the file system is mounted. */
  const mounter = (dataset: string, target: string) => {
    const before = statSync(target).dev;
    for (const deadline = performance.now() + 30_000; statSync(target).dev === before; Bun.sleepSync(20)) {
      if (performance.now() > deadline) throw new Error(`${dataset} cannot be mounted`);
      run("zfs", "set", `mountpoint=${target}`, dataset);
      run("zfs", "mount", dataset);
    }
  };
  beforeAll(async () => {
    disk = mkdtempSync(join(tmpdir(), "zfs-"));
    for (const folder of ["/var/run/zfs", "/var/lock/zfs"]) must("mkdir", "-p", folder);
    server = Bun.spawn(["zfs-fuse", "--no-daemon"], { stdout: "ignore", stderr: "ignore" });
    while (run("zpool", "list").exitCode !== 0) {
      if (server.exitCode !== null) throw new Error("zfs-fuse has ended");
      await Bun.sleep(50);
    }
    must("truncate", "-s", "300M", join(disk, "image"));
    must("zpool", "create", "-m", "none", "pequodtest", join(disk, "image"));
  });
  const datasets = new Map<string, string>();
  conformance({
    makeRoot() {
      const root = mkdtempSync(join(disk, "root-"));
      datasets.set(root, `pequodtest/d${roots++}`);
      must("zfs", "create", "-o", "mountpoint=legacy", datasets.get(root)!);
      return root;
    },
    open: (root) => ZfsDriver.open(join(root, "zfs"), datasets.get(root)!, mounter),
    removeRoot: (root) => rmSync(root, { recursive: true, force: true }),
  });

  afterAll(async () => {
    run("zpool", "destroy", "-f", "pequodtest");
    // What was known of the pool would be asked for at the next start.
    rmSync("/var/lib/zfs/zpool.cache", { force: true });
    server.kill("SIGKILL");
    await server.exited;
    try {
      unmount("/zfs-kstat", MNT.DETACH);
    } catch {
      // It went with the server.
    }
    rmSync(disk, { recursive: true, force: true });
  });
});
