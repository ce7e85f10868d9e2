import { EngineError, kindOf, messageOf, notFound } from "../../errors/errors.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { Kind, SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import { type Cli, print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { labelMask, parseLabels } from "../labels.ts";
import { formatSize, printJSON, printTable } from "../output.ts";
import { diff } from "./snapshots-diff.ts";
import { SNAPSHOTTER, snapshotterOf } from "./snapshotter.ts";

/** Keeps what is made from the garbage collector until it is removed. */
const rooted = () => ({ "containerd.io/gc.root": new Date().toISOString() });

const KIND_NAMES = ["Unknown", "View", "Active", "Committed"];

async function all(cli: Cli, snapshotter: string, filters: string[]) {
  const found: { name: string; parent: string; kind: Kind }[] = [];
  for await (const { info } of cli.client(SnapshotsDefinition).list({ snapshotter, filters }, cli.call))
    found.push(...info);
  return found;
}

const list = command({
  aliases: ["list"],
  summary: "List snapshots",
  usage: "[flags] [FILTER...]",
  flags: SNAPSHOTTER,
  min: 0,
  async run(cli, { flags, args }) {
    const rows = (await all(cli, snapshotterOf(flags), args)).map(({ name, parent, kind }) => [
      name,
      parent,
      KIND_NAMES[kind] ?? "Unknown",
    ]);
    printTable(["KEY", "PARENT", "KIND"], rows);
    return undefined;
  },
});

const info = command({
  aliases: ["stat"],
  summary: "Show all that is known of a snapshot",
  usage: "[flags] KEY",
  flags: SNAPSHOTTER,
  min: 1,
  max: 1,
  async run(cli, { flags, args: [key] }) {
    const stat = await cli
      .client(SnapshotsDefinition)
      .stat({ snapshotter: snapshotterOf(flags), key: key! }, cli.call);
    printJSON({ ...stat.info, kind: KIND_NAMES[stat.info?.kind ?? Kind.UNKNOWN] });
    return undefined;
  },
});

/** What a person would type to mount it. */
function printMounts(mounts: Mount[], target: string): void {
  for (const { type, source, options } of mounts)
    print(`mount -t ${type} ${source} ${target} -o ${options.join(",")}`);
}

const printMountsJSON = (mounts: Mount[]): void =>
  printJSON(
    mounts.map(({ type, source, target, options }) => ({
      Type: type,
      Source: source,
      Target: target,
      Options: options,
    })),
  );

/** Verbs that make a snapshot over a parent. */
const making = (verb: "prepare" | "view", summary: string) =>
  command({
    summary,
    usage: "[flags] KEY [PARENT]",
    flags: {
      ...SNAPSHOTTER,
      target: { kind: "string", short: "t", help: "Print how to mount it there", value: "PATH" },
      mounts: { kind: "bool", help: "Print its mounts as JSON" },
    },
    min: 1,
    max: 2,
    async run(cli, { flags, args: [key, parent = ""] }) {
      const request = { snapshotter: snapshotterOf(flags), key: key!, parent, labels: rooted() };
      const { mounts } = await cli.client(SnapshotsDefinition)[verb](request, cli.call);
      if (flags.target) printMounts(mounts, flags.target);
      else if (flags.mounts) printMountsJSON(mounts);
      return undefined;
    },
  });

const prepare = making("prepare", "Make an active snapshot, over a parent");
const view = making("view", "Make a read-only snapshot, over a parent");

const mounts = command({
  aliases: ["m", "mount"],
  summary: "Print how to mount an active snapshot",
  usage: "[flags] TARGET KEY",
  flags: SNAPSHOTTER,
  min: 2,
  max: 2,
  async run(cli, { flags, args: [target, key] }) {
    const request = { snapshotter: snapshotterOf(flags), key: key! };
    printMounts((await cli.client(SnapshotsDefinition).mounts(request, cli.call)).mounts, target!);
    return undefined;
  },
});

const commit = command({
  summary: "Commit an active snapshot under a name",
  usage: "[flags] NAME KEY",
  flags: SNAPSHOTTER,
  min: 2,
  max: 2,
  async run(cli, { flags, args: [name, key] }) {
    const request = { snapshotter: snapshotterOf(flags), name: name!, key: key!, labels: rooted() };
    await cli.client(SnapshotsDefinition).commit(request, cli.call);
    return undefined;
  },
});

const usage = command({
  summary: "Show what snapshots take",
  usage: "[flags] [KEY...]",
  flags: { ...SNAPSHOTTER, bytes: { kind: "bool", short: "b", help: "In bytes" } },
  min: 0,
  async run(cli, { flags, args }) {
    const snapshotter = snapshotterOf(flags);
    const shown = flags.bytes ? String : formatSize;
    const keys = args.length > 0 ? args : (await all(cli, snapshotter, [])).map(({ name }) => name);
    const rows: string[][] = [];
    for (const key of keys) {
      const { size, inodes } = await cli.client(SnapshotsDefinition).usage({ snapshotter, key }, cli.call);
      rows.push([key, shown(size), String(inodes)]);
    }
    printTable(["KEY", "SIZE", "INODES"], rows);
    return undefined;
  },
});

const unpack = command({
  summary: "Make the snapshots of an image's layers, by the digest of its manifest",
  usage: "[flags] DIGEST",
  flags: SNAPSHOTTER,
  min: 1,
  max: 1,
  async run(cli, { flags, args: [digest] }) {
    const { images } = await cli.client(ImagesDefinition).list({ filters: [] }, cli.call);
    const image = images.find(({ target }) => target?.digest === digest);
    if (!image) throw notFound(`manifest not found: no image has ${digest}`);
    const { openImage } = await import("../image/open.ts");
    print(`unpacking ${image.name} (${digest})...`);
    await (await openImage(cli, image.name)).unpack(snapshotterOf(flags));
    return undefined;
  },
});

const tree = command({
  summary: "Show snapshots under their parents",
  usage: "[flags]",
  flags: SNAPSHOTTER,
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const found = await all(cli, snapshotterOf(flags), []);
    const show = (parent: string, indent: string): void => {
      for (const { name } of found.filter((snapshot) => snapshot.parent === parent)) {
        print(`${indent}${indent === "" ? " " : "\\_ "}${name}`);
        show(name, `${indent}  `);
      }
    };
    show("", "");
    return undefined;
  },
});

const label = command({
  summary: "Set labels of a snapshot; one without a value is removed",
  usage: "[flags] KEY LABEL=VALUE...",
  flags: SNAPSHOTTER,
  min: 2,
  async run(cli, { flags, args: [name, ...given] }) {
    const labels = parseLabels(given);
    const updateMask = labelMask(labels);
    const request = { snapshotter: snapshotterOf(flags), info: { name: name!, labels }, updateMask };
    await cli.client(SnapshotsDefinition).update(request, cli.call);
    return undefined;
  },
});

const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove snapshots that nothing stands on",
  usage: "[flags] KEY...",
  flags: SNAPSHOTTER,
  min: 1,
  async run(cli, { flags, args }) {
    for (const key of args) {
      try {
        await cli.client(SnapshotsDefinition).remove({ snapshotter: snapshotterOf(flags), key }, cli.call);
      } catch (cause) {
        const text = `failed to remove ${JSON.stringify(key)}: ${messageOf(cause)}`;
        throw new EngineError(kindOf(cause), text, { cause });
      }
    }
    return undefined;
  },
});

export const snapshots: Group = {
  summary: "Manage snapshots",
  flags: SNAPSHOTTER,
  commands: { commit, diff, info, ls: list, mounts, prepare, rm: remove, label, tree, unpack, usage, view },
};
