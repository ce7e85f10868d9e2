/** Data roots on devicemapper: stock's under ours, ours under stock's, and migrated. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { dataRootSuite, withEngine } from "../lib/data-root.ts";
import { BIN } from "../lib/engine.ts";
import { type LayeredImage, LISTING, writeLayeredImage } from "../lib/layered-image.ts";

const OPTIONS = ["dm.loopdatasize=1500m", "dm.loopmetadatasize=32m", "dm.basesize=400m"].flatMap((option) => [
  "--storage-opt",
  option,
]);
const devices = () => readdirSync("/dev").filter((name) => name.startsWith("dm-"));

const run = (...command: string[]): string => {
  const child = Bun.spawnSync(command);
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
};

describe("data root on devicemapper", () => {
  let work: string;
  let root: string;
  let image: LayeredImage;
  const flags = ["--storage-driver", "devicemapper", ...OPTIONS];
  beforeAll(() => {
    run("modprobe", "loop");
    work = mkdtempSync("/var/tmp/roots-");
    root = join(work, "root");
    image = writeLayeredImage(join(work, "image.tar"));
    writeBusyboxImage(join(work, "busybox.tar"));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  dataRootSuite({
    driver: "devicemapper",
    work: () => work,
    root: () => root,
    image: () => image,
    flags,
    wired: false,
    layers: () =>
      readdirSync(join(root, "devicemapper/metadata")).filter(
        (name) => !["base", "deviceset-metadata", "transaction-metadata"].includes(name),
      ),
  });

  test("no daemon leaves a device behind", () => {
    expect(devices()).toEqual([]);
  });

  test("is migrated to overlay2 and back, and checked", async () => {
    const options = { driver: "devicemapper", work: () => work, root: () => root };
    let listing = "";
    await withEngine({ ...options, flags }, "ours", (docker) => {
      docker("load", "-i", join(work, "image.tar"));
      docker(
        "run",
        "--name",
        "box",
        "--network",
        "none",
        "layered:1",
        "sh",
        "-c",
        "echo changed > /made; rm /etc/motd",
      );
      listing = docker("run", "--rm", "--network", "none", "layered:1", ...LISTING);
    });
    const dockerd = (...args: string[]) => run(join(BIN, "dockerd"), ...args, "-g", root);
    expect(dockerd("fsck")).toContain("all is right");
    dockerd("migrate", "--from", "devicemapper", "--to", "overlay2");
    expect(readdirSync(root)).not.toContain("devicemapper");
    const check = (driver: string) =>
      withEngine({ ...options, flags: driver === "overlay2" ? [] : flags }, "ours", (docker) => {
        expect(docker("info", "-f", "{{.Driver}}")).toBe(driver);
        expect(docker("run", "--rm", "--network", "none", "layered:1", ...LISTING)).toBe(listing);
        expect(docker("diff", "box").split("\n").sort()).toEqual([
          "A /data",
          "A /made",
          "C /etc",
          "D /etc/motd",
        ]);
      });
    await check("overlay2");
    dockerd("migrate", "--from", "overlay2", "--to", "devicemapper", ...OPTIONS);
    expect(readdirSync(root)).not.toContain("overlay2");
    await check("devicemapper");
    expect(devices()).toEqual([]);
  });
});
