/** An image of the daemon: its manifest for this machine, its configuration, its layers as snapshots. */
import { dataLoss, kindOf, notFound } from "../../errors/errors.ts";
import { choosePlatform, formatPlatform, hostPlatform } from "../../images/registry/platform.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Cli } from "../cli.ts";
import { labelBlob, readJSON } from "./blobs.ts";
import { type Descriptor, type ImageConfig, type Index, isIndex, type Manifest } from "./config.ts";

export interface OpenImage {
  manifest: Manifest;
  /** Of the manifest. */
  target: Descriptor;
  config: ImageConfig;
  /** "linux/amd64" */
  platform: string;
  /** Makes sure that all layers are there as snapshots, and returns the name of the topmost. */
  unpack(snapshotter: string): Promise<string>;
}

/** Errors: notFound for the image, or when it is not for that platform, which is this machine's unless told. */
export async function openImage(cli: Cli, name: string, wanted = hostPlatform()): Promise<OpenImage> {
  const { image } = await cli.client(ImagesDefinition).get({ name }, cli.call);
  const { mediaType, digest, size } = image!.target!;
  let target: Descriptor = { mediaType, digest, size: Number(size) };
  if (isIndex(target)) {
    const { manifests } = await readJSON<Index>(cli, target.digest);
    const chosen =
      choosePlatform(manifests, wanted) ?? manifests.find(({ platform }) => platform === undefined);
    if (!chosen) throw notFound(`image ${name} has no manifest for ${formatPlatform(wanted)}`);
    target = chosen;
  }
  const manifest = await readJSON<Manifest>(cli, target.digest);
  const config = await readJSON<ImageConfig>(cli, manifest.config.digest);
  return {
    ...{ manifest, target, config },
    platform: formatPlatform(target.platform ?? wanted),
    unpack: (snapshotter) => unpack(cli, manifest, config, snapshotter),
  };
}

/** Names of the snapshots of a stack of layers, the lowest first. */
export function chainOf(diffIDs: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffID of diffIDs) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffID : sha256(`${below} ${diffID}`));
  }
  return chain;
}

const sha256 = (text: string) => `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;

async function unpack(
  cli: Cli,
  manifest: Manifest,
  config: ImageConfig,
  snapshotter: string,
): Promise<string> {
  const names = chainOf(config.rootfs.diff_ids);
  for (const [i, layer] of manifest.layers.entries()) {
    const diffID = config.rootfs.diff_ids[i];
    if (diffID === undefined)
      throw dataLoss(`image configuration ${manifest.config.digest} lacks the diff id of layer ${i}`);
    await unpackLayer(cli, snapshotter, layer, diffID, names[i - 1] ?? "", names[i]!);
  }
  const top = names.at(-1) ?? "";
  await labelBlob(cli, manifest.config.digest, { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: top });
  return top;
}

async function unpackLayer(
  cli: Cli,
  snapshotter: string,
  layer: Descriptor,
  diffID: string,
  parent: string,
  name: string,
): Promise<void> {
  const snapshots = cli.client(SnapshotsDefinition);
  const known = snapshots.stat({ snapshotter, key: name }, cli.call);
  if (await known.then(() => true, ignoreMissing)) return;
  const key = `extract-${crypto.randomUUID()} ${name}`;
  const labels = { "containerd.io/gc.root": new Date().toISOString() };
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent, labels }, cli.call);
  try {
    const diff = { mediaType: layer.mediaType, digest: layer.digest, size: BigInt(layer.size) };
    const { applied } = await cli.client(DiffDefinition).apply({ diff, mounts }, cli.longCall);
    if (applied?.digest !== diffID)
      throw dataLoss(`layer ${layer.digest}: unpacked it is ${applied?.digest}, the image says ${diffID}`);
    await snapshots.commit({ snapshotter, name, key }, cli.call);
  } catch (error) {
    await snapshots.remove({ snapshotter, key }, cli.call).catch(() => {});
    if (kindOf(error) !== "exists") throw error;
  }
}

function ignoreMissing(error: unknown): boolean {
  if (kindOf(error) === "notFound") return false;
  throw error;
}
