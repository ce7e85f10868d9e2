/** Project quotas, which the development machine's kernel does not have: overlay2.size, --storage-opt size, volumes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MNT, unmount } from "../../src/linux/mount.ts";
import { projectLimit, projectOf } from "../../src/linux/project-quota.ts";
import { conformance } from "../../src/storage/conformance.testing.ts";
import { openDriver } from "../../src/storage/open.ts";
import { DEVICE_NODE } from "../../src/storage/quota.ts";
import { type Engine, startTestEngine } from "../lib/engine.ts";

const run = (...command: string[]): string => {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
};

let work: string;
beforeAll(() => {
  work = mkdtempSync("/var/tmp/quota-");
  for (const module of ["loop", "xfs", "quota_v2"]) run("modprobe", module);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const MAKE = {
  xfs: [["mkfs.xfs", "-q"], "pquota"],
  ext4: [["mkfs.ext4", "-q", "-O", "quota,project", "-E", "quotatype=prjquota"], "prjquota"],
} as const;

function makeDisk(name: string, kind: keyof typeof MAKE, options?: string): string {
  const [program, quota] = MAKE[kind];
  run("truncate", "-s", "400M", join(work, `${name}.img`));
  run(...program, join(work, `${name}.img`));
  mkdirSync(join(work, name));
  run("mount", "-o", `loop,${options ?? quota}`, join(work, `${name}.img`), join(work, name));
  return join(work, name);
}

const fill = (path: string, megabytes: number) =>
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${path}/big`, "bs=1M", `count=${megabytes}`]).stderr.toString();

describe.each(["xfs", "ext4"] as const)("project quotas on %s", (kind) => {
  let disk: string;
  let count = 0;
  const newRoot = () => {
    const root = join(disk, `root${count++}`);
    mkdirSync(root);
    return root;
  };
  beforeAll(() => {
    disk = makeDisk(kind, kind);
  });
  afterAll(() => unmount(disk, MNT.DETACH));
  const remove = (root: string) => rmSync(root, { recursive: true, force: true });

  describe("overlay2 with a limit for all", () =>
    conformance({
      makeRoot: newRoot,
      open: (root) => openDriver({ root, name: "overlay2", options: ["overlay2.size=50m"] }),
      removeRoot: remove,
    }));

  test("a container's size is limited, and gone with it", async () => {
    const root = newRoot();
    const driver = await openDriver({ root, name: "overlay2", options: ["overlay2.size=20m"] });
    await driver.create("image", undefined);
    await driver.create("box", "image", { writable: true });
    await driver.create("small", "image", { writable: true, storageOpt: { size: "5m" } });
    const device = join(root, "overlay2", DEVICE_NODE);
    const project = (id: string) => projectOf(join(root, "overlay2", id));
    expect(project("image")).toBe(0);
    expect(project("small")).toBeGreaterThan(project("box"));
    expect([project("box"), project("small")].map((one) => projectLimit(device, one))).toEqual([
      20 << 20,
      5 << 20,
    ]);
    expect(fill(await driver.mount("small"), 8)).toMatch(/No space left|quota exceeded/i);
    expect(fill(await driver.mount("box"), 8)).not.toMatch(/No space left|quota exceeded/i);
    // Another driver that is opened, as at a restart, gives no id twice.
    const again = await openDriver({ root, name: "overlay2" });
    await again.create("third", "image", { writable: true, storageOpt: { size: "6m" } });
    expect(project("third")).toBeGreaterThan(project("small"));
    await expect(driver.create("image2", undefined, { storageOpt: { size: "5m" } })).rejects.toThrow(
      "--storage-opt size is only supported for ReadWrite Layers",
    );
    const was = project("small");
    await driver.remove("small");
    expect(projectLimit(device, was)).toBe(0);
    for (const id of ["box", "third", "image"]) await driver.remove(id);
    remove(root);
  });
});

test("without the mount option overlay2.size is refused in words, and nothing is left", async () => {
  const root = makeDisk("plain", "xfs", "noquota");
  await expect(openDriver({ root, name: "overlay2", options: ["overlay2.size=20m"] })).rejects.toThrow(
    /Storage option overlay2.size not supported. Filesystem does not support Project Quota: .*mount the xfs file system of .* with pquota/,
  );
  const driver = await openDriver({ root, name: "overlay2" });
  await expect(driver.create("box", undefined, { storageOpt: { size: "5m" } })).rejects.toThrow(
    "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
  );
  expect(readdirSync(join(root, "overlay2"))).toEqual(["l"]);
  unmount(root, MNT.DETACH);
});

describe("an engine whose data root has quotas", () => {
  let engine: Engine;
  let disk: string;
  beforeAll(async () => {
    disk = makeDisk("engine", "xfs");
    engine = await startTestEngine({ flags: ["--data-root", disk, "--bridge", "none"] });
  });
  afterAll(async () => {
    await engine?.stop();
    unmount(disk, MNT.DETACH);
  });

  test("run --storage-opt size", async () => {
    const write = [
      "--network",
      "none",
      "--rm",
      "busybox",
      "dd",
      "if=/dev/zero",
      "of=/big",
      "bs=1M",
      "count=8",
    ];
    const limited = await engine.docker(["run", "--storage-opt", "size=4m", ...write]);
    expect(limited.stderr).toMatch(/No space left on device|quota exceeded/i);
    expect((await engine.docker(["run", ...write])).code).toBe(0);
  });

  test("volume create -o size", async () => {
    await engine.ok("volume", "create", "-o", "size=4m", "small");
    expect(await engine.ok("volume", "inspect", "-f", "{{.Options.size}}", "small")).toBe("4m");
    const args = ["run", "--rm", "--network", "none", "-v", "small:/v", "busybox"];
    const limited = await engine.docker([...args, "dd", "if=/dev/zero", "of=/v/big", "bs=1M", "count=8"]);
    expect(limited.stderr).toMatch(/No space left on device|quota exceeded/i);
    await engine.restart();
    const after = await engine.docker([...args, "dd", "if=/dev/zero", "of=/v/more", "bs=1M", "count=8"]);
    expect(after.stderr).toMatch(/No space left on device|quota exceeded/i);
    await engine.ok("volume", "rm", "small");
    expect(existsSync(join(disk, "volumes/small"))).toBe(false);
  });
});
