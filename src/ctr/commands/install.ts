/** Programs out of an image onto this machine, as `ctr install` does it for images that are packages. */
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exists } from "../../errors/errors.ts";
import { mountWithOptions, unmount } from "../../linux/mount.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { type Cli, print } from "../cli.ts";
import { command } from "../command.ts";
import { withLease } from "../image/lease.ts";
import { openImage } from "../image/open.ts";

/** Where stock keeps such things. */
const FOLDER = "/opt/containerd";

export const install = command({
  summary: "Copy the programs of an image's /bin, and with --libs its /lib, onto this machine",
  usage: "[flags] IMAGE",
  flags: {
    libs: { kind: "bool", short: "l", help: "Libraries too" },
    replace: { kind: "bool", short: "r", help: "In place of what is there" },
    path: { kind: "string", help: "Where to", value: "FOLDER", fallback: FOLDER },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [name] }) {
    const folder = flags.path ?? FOLDER;
    await withRoot(cli, name!, (root) => {
      for (const part of flags.libs ? ["bin", "lib"] : ["bin"])
        copyFolder(join(root, part), join(folder, part), flags.replace ?? false);
    });
    print(folder);
    return undefined;
  },
});

/** An image's root file system, read-only, for as long as `use` lasts. */
async function withRoot(cli: Cli, name: string, use: (root: string) => void): Promise<void> {
  const snapshotter = "overlayfs";
  const parent = await (await openImage(cli, name)).unpack(snapshotter);
  const key = `install-${crypto.randomUUID()}`;
  const snapshots = cli.client(SnapshotsDefinition);
  await withLease(cli, async (call) => {
    const { mounts } = await snapshots.view({ snapshotter, key, parent }, call);
    const root = mkdtempSync(join(tmpdir(), "install-"));
    try {
      for (const { type, source, options } of mounts) mountWithOptions(source, root, type, options);
      try {
        use(root);
      } finally {
        unmount(root);
      }
    } finally {
      rmdirSync(root);
      await snapshots.remove({ snapshotter, key }, call);
    }
  });
}

/** A folder that is a link is left aside: it would lead out of the image. Errors: exists. */
function copyFolder(from: string, to: string, replace: boolean): void {
  if (!lstatSync(from, { throwIfNoEntry: false })?.isDirectory()) return;
  mkdirSync(to, { recursive: true });
  const taken = readdirSync(from).find((name) => existsSync(join(to, name)));
  if (taken !== undefined && !replace) throw exists(`cannot replace ${join(to, taken)}: give --replace`);
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
