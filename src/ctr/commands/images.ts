import { createReadStream, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { errnoOf, isNotFound, notFound } from "../../errors/errors.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { labelMask, parseLabels } from "../labels.ts";
import { formatLabels } from "../output.ts";
import { convert } from "./images-convert.ts";
import { check, list, mount, unmount } from "./images-look.ts";
import { PLATFORM_FLAGS, platformOf, pull, push } from "./images-registry.ts";

const load = command({
  aliases: ["load"],
  summary: "Read images from an archive (OCI layout or docker save), or from stdin for -",
  usage: "[flags] FILE",
  flags: {
    "base-name": { kind: "string", help: "Name of images that the archive gives only a tag", value: "NAME" },
    ...PLATFORM_FLAGS,
    digests: { kind: "bool", help: "Name images by their digests too" },
    "skip-digest-for-named": { kind: "bool", help: "With --digests: not those that have a name" },
    "index-name": { kind: "string", help: "Name of the archive's whole index", value: "NAME" },
    "compress-blobs": { kind: "bool", help: "Compress layers that docker save has left as they are" },
    "no-unpack": { kind: "bool", help: "Do not make snapshots of the layers" },
    snapshotter: { kind: "string", help: "The snapshotter", value: "NAME", fallback: "overlayfs" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [path] }) {
    const { loadArchive } = await import("../image/load.ts");
    const { openImage } = await import("../image/open.ts");
    const source =
      path === "-" ? process.stdin : createReadStream("", { fd: openArchive(path!), highWaterMark: 1 << 20 });
    const names = await loadArchive(cli, source as AsyncIterable<Uint8Array>, {
      baseName: flags["base-name"] ?? "",
      digests: flags.digests ?? false,
      skipNamed: flags["skip-digest-for-named"] ?? false,
      indexName: flags["index-name"],
      compress: flags["compress-blobs"] ?? false,
    });
    for (const name of names) {
      if (!flags["no-unpack"])
        await (await openImage(cli, name, platformOf({ ...flags, "all-platforms": false }))).unpack(
          flags.snapshotter ?? "overlayfs",
        );
      print(name);
    }
    return undefined;
  },
});

/** Errors: notFound. */
function openArchive(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") throw notFound(`open ${path}: no such file or directory`, { cause });
    throw cause;
  }
}

const save = command({
  aliases: ["save"],
  summary: "Write images to an archive that docker load and ctr import read",
  usage: "[flags] FILE IMAGE...",
  flags: {
    ...PLATFORM_FLAGS,
    "skip-manifest-json": { kind: "bool", help: "Without manifest.json, which `docker load` wants" },
    "skip-non-distributable": {
      kind: "bool",
      help: "Without layers that say they are not to be distributed",
    },
  },
  min: 2,
  async run(cli, { flags, args: [path, ...names] }) {
    const { saveArchive } = await import("../image/save.ts");
    const file = await open(path!, "w", 0o644);
    try {
      const how = {
        platform: platformOf(flags),
        skipDockerManifest: flags["skip-manifest-json"] ?? false,
        skipNonDistributable: flags["skip-non-distributable"] ?? false,
      };
      for await (const piece of saveArchive(cli, names, how)) await file.write(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  },
});

const tag = command({
  summary: "Give an image another name",
  usage: "[flags] IMAGE NAME...",
  flags: { force: { kind: "bool", help: "Take the name from another image" } },
  min: 2,
  async run(cli, { flags, args: [source, ...names] }) {
    const images = cli.client(ImagesDefinition);
    const { image } = await images.get({ name: source! }, cli.call);
    for (const name of names) {
      if (flags.force) await images.delete({ name }, cli.call).catch(() => {});
      await images.create({ image: { ...image!, name } }, cli.call);
      print(name);
    }
    return undefined;
  },
});

const label = command({
  summary: "Set labels of an image; one without a value is removed",
  usage: "[flags] IMAGE LABEL=VALUE...",
  flags: { "replace-all": { kind: "bool", short: "r", help: "Remove all others" } },
  min: 2,
  async run(cli, { flags, args: [name, ...given] }) {
    const labels = parseLabels(given);
    const updateMask = flags["replace-all"] ? { paths: ["labels"] } : labelMask(labels);
    const request = { image: { name: name!, labels }, updateMask };
    const { image } = await cli.client(ImagesDefinition).update(request, cli.call);
    print(formatLabels(image?.labels ?? {}, ""));
    return undefined;
  },
});

const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove images; content that nothing else uses is collected",
  usage: "[flags] IMAGE...",
  flags: { sync: { kind: "bool", help: "Wait until the garbage has been collected" } },
  min: 1,
  async run(cli, { flags, args }) {
    for (const name of args) {
      try {
        await cli.client(ImagesDefinition).delete({ name, sync: flags.sync ?? false }, cli.call);
        print(name);
      } catch (error) {
        // Not a failure, as stock has it.
        if (!isNotFound(error)) throw error;
        process.stderr.write(`${name}: image not found\n`);
      }
    }
    return undefined;
  },
});

export const images: Group = {
  summary: "Manage images",
  commands: {
    check,
    export: save,
    import: load,
    ls: list,
    mount,
    unmount,
    convert,
    pull,
    push,
    rm: remove,
    tag,
    label,
  },
};
