/** Stock Docker's data roots under our dockerd, and ours under stock's: images, containers and volumes go on. */
import { afterAll, beforeAll, describe } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { STOCK_DOCKERD } from "../hack/lib/stock-engine.ts";
import { dataRootSuite } from "./lib/data-root.ts";
import { type LayeredImage, writeLayeredImage } from "./lib/layered-image.ts";

let work: string;
let image: LayeredImage;
beforeAll(() => {
  work = mkdtempSync("/tmp/pequod-roots-");
  image = writeLayeredImage(join(work, "image.tar"));
  writeBusyboxImage(join(work, "busybox.tar"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const hasBtrfs = Bun.which("mkfs.btrfs") && readFileSync("/proc/filesystems", "utf8").includes("\tbtrfs\n");
const drivers = ["overlay2", "vfs", ...(hasBtrfs ? ["btrfs"] : [])];

describe.skipIf(!existsSync(STOCK_DOCKERD)).each(drivers)("data root on %s", (driver) => {
  let root: string;
  const mounted = () => driver === "btrfs";

  beforeAll(() => {
    root = join(work, `${driver}-root`);
    mkdirSync(root);
    if (!mounted()) return;
    run("truncate", "-s", "1G", join(work, "disk"));
    run("mkfs.btrfs", "-q", join(work, "disk"));
    run("mount", "-o", "loop", join(work, "disk"), root);
  });
  afterAll(() => {
    if (mounted()) run("umount", root);
  });

  dataRootSuite({
    driver,
    work: () => work,
    image: () => image,
    root: () => root,
    flags: driver === "vfs" ? ["--storage-driver", "vfs"] : [],
    wired: driver === "overlay2",
    layers: () =>
      readdirSync(join(root, driver, { vfs: "dir", btrfs: "subvolumes" }[driver] ?? ".")).filter(
        (name) => name !== "l" && name !== "backingFsBlockDev",
      ),
  });
});

function run(...command: string[]): void {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
}
