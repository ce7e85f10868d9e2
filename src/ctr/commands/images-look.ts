/** Whether images are whole, and what is in them. */

import { errnoOf, kindOf, messageOf } from "../../errors/errors.ts";
import type { Platform } from "../../images/registry/descriptor.ts";
import { formatPlatform } from "../../images/registry/platform.ts";
import { mountWithOptions, unmount as unmountAt } from "../../linux/mount.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Descriptor as Target } from "../../proto/containerd/types/descriptor.ts";
import { type Cli, print } from "../cli.ts";
import { command } from "../command.ts";
import { hasBlob, readJSON } from "../image/blobs.ts";
import { type Descriptor, type ImageConfig, type Index, isIndex, type Manifest } from "../image/config.ts";
import { chainOf, openImage } from "../image/open.ts";
import { parseLabels } from "../labels.ts";
import { formatLabels, formatSize, printTable } from "../output.ts";
import { REGISTRY_FLAGS } from "../registry/remote.ts";
import { PLATFORM_FLAGS, platformOf } from "./images-registry.ts";

interface Contents {
  platforms: Platform[];
  /** Bytes of the first platform's image that are here. */
  size: number;
}

const platformFrom = ({ os, architecture, variant }: ImageConfig & Partial<Platform>): Platform => ({
  os: os ?? "linux",
  architecture: architecture ?? "unknown",
  ...(variant ? { variant } : {}),
});

/** Of an image, as far as it is here. */
async function contentsOf(cli: Cli, target: Pick<Target, "digest" | "mediaType">): Promise<Contents> {
  if (isIndex(target)) {
    const { manifests } = await readJSON<Index>(cli, target.digest);
    const platforms = manifests.flatMap(({ platform }) => (platform ? [platform] : []));
    const here: Descriptor[] = [];
    for (const entry of manifests) if (await hasBlob(cli, entry.digest)) here.push(entry);
    const sizes = await Promise.all(
      here.map(async (entry) => (await contentsOf(cli, entry)).size + entry.size),
    );
    return { platforms, size: Math.max(0, ...sizes) };
  }
  const { config, layers } = await readJSON<Manifest>(cli, target.digest);
  const platform = platformFrom(await readJSON<ImageConfig>(cli, config.digest));
  return { platforms: [platform], size: [config, ...layers].reduce((sum, { size }) => sum + size, 0) };
}

export const list = command({
  aliases: ["list"],
  summary: "List images",
  usage: "[flags] [FILTER...]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the names only" } },
  min: 0,
  async run(cli, { flags, args }) {
    const { images: found } = await cli.client(ImagesDefinition).list({ filters: args }, cli.call);
    if (flags.quiet) {
      print(...found.map(({ name }) => name));
      return undefined;
    }
    const row = async ({ name, target, labels }: (typeof found)[number]): Promise<string[]> => {
      const contents = await contentsOf(cli, target!).catch(() => undefined);
      const platforms = contents
        ? [...new Set(contents.platforms.map(formatPlatform))].toSorted().join(",")
        : "-";
      const size = contents ? formatSize(contents.size + Number(target!.size)) : "-";
      return [name, target!.mediaType, target!.digest, size, platforms, formatLabels(labels)];
    };
    printTable(["REF", "TYPE", "DIGEST", "SIZE", "PLATFORMS", "LABELS"], await Promise.all(found.map(row)));
    return undefined;
  },
});

const SNAPSHOTTER = {
  kind: "string",
  help: "The snapshotter",
  value: "NAME",
  fallback: "overlayfs",
} as const;

/** Which blobs of this machine's image are here. */
async function completeness(cli: Cli, name: string) {
  const { manifest, config } = await openImage(cli, name);
  const required = [manifest.config, ...manifest.layers];
  const there = await Promise.all(required.map(({ digest }) => hasBlob(cli, digest)));
  return { config, required, present: required.filter((_, i) => there[i]) };
}

const sum = (blobs: readonly { size: number }[]) => blobs.reduce((total, { size }) => total + size, 0);

export const check = command({
  summary: "Tell of each image whether all of it is here, and unpacked",
  usage: "[flags] [FILTER...]",
  flags: {
    quiet: { kind: "bool", short: "q", help: "Print the names of those that are ready only" },
    snapshotter: SNAPSHOTTER,
  },
  min: 0,
  async run(cli, { flags, args }) {
    const { images: found } = await cli.client(ImagesDefinition).list({ filters: args }, cli.call);
    const rows: string[][] = [];
    for (const { name, target } of found) {
      const row = [name, target!.mediaType, target!.digest];
      try {
        const { config, required, present } = await completeness(cli, name);
        const isWhole = required.length === present.length;
        const key = chainOf(config.rootfs.diff_ids).at(-1) ?? "";
        const request = { snapshotter: flags.snapshotter ?? "overlayfs", key };
        const unpacked = await cli
          .client(SnapshotsDefinition)
          .stat(request, cli.call)
          .then(() => true, isThere);
        if (flags.quiet && isWhole && unpacked) print(name);
        const status = `${isWhole ? "complete" : "incomplete"} (${present.length}/${required.length})`;
        const size = `${formatSize(sum(present))}/${formatSize(sum(required))}`;
        rows.push([...row, status, size, String(unpacked)]);
      } catch (error) {
        rows.push([...row, `unavailable: ${messageOf(error)}`, "?/?", "-"]);
      }
    }
    if (!flags.quiet) printTable(["REF", "TYPE", "DIGEST", "STATUS", "SIZE", "UNPACKED"], rows);
    return undefined;
  },
});

function isThere(error: unknown): boolean {
  if (kindOf(error) === "notFound") return false;
  throw error;
}

export const mount = command({
  summary: "Mount an image's root file system",
  usage: "[flags] IMAGE TARGET",
  flags: {
    ...REGISTRY_FLAGS,
    rw: { kind: "bool", help: "So that it can be written to" },
    platform: PLATFORM_FLAGS.platform,
    snapshotter: SNAPSHOTTER,
    label: { kind: "list", help: "A label of its snapshot, NAME=VALUE" },
  },
  min: 2,
  max: 2,
  async run(cli, { flags, args: [name, target] }) {
    const snapshotter = flags.snapshotter ?? "overlayfs";
    const image = await openImage(cli, name!, platformOf(flags));
    const parent = await image.unpack(snapshotter);
    const snapshots = cli.client(SnapshotsDefinition);
    const labels = { ...parseLabels(flags.label ?? []), "containerd.io/gc.root": new Date().toISOString() };
    const request = { snapshotter, key: target!, parent, labels };
    const { mounts } = flags.rw
      ? await snapshots.prepare(request, cli.call)
      : await snapshots.view(request, cli.call);
    try {
      for (const { type, source, options } of mounts) mountWithOptions(source, target!, type, options);
    } catch (error) {
      await snapshots.remove({ snapshotter, key: target! }, cli.call);
      throw error;
    }
    print(parent, target!);
    return undefined;
  },
});

export const unmount = command({
  summary: "Unmount what mount has mounted",
  usage: "[flags] TARGET",
  flags: {
    ...REGISTRY_FLAGS,
    label: { kind: "list", help: "Taken for stock's sake; changes nothing" },
    rm: { kind: "bool", help: "Remove its snapshot too" },
    snapshotter: SNAPSHOTTER,
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [target] }) {
    try {
      unmountAt(target!);
    } catch (error) {
      // Nothing is mounted there, which is what is wanted.
      if (!["EINVAL", "ENOENT"].includes(errnoOf(error) ?? "")) throw error;
    }
    if (flags.rm) {
      const request = { snapshotter: flags.snapshotter ?? "overlayfs", key: target! };
      await cli.client(SnapshotsDefinition).remove(request, cli.call);
    }
    print(target!);
    return undefined;
  },
});
