/** An image of the daemon: its manifest for this machine, its configuration, its layers as snapshots. */
import { dataLoss, kindOf, notFound } from "../../errors/errors.ts";
import { DiffDefinition } from "../../proto/containerd/services/diff/v1/diff.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Cli } from "../cli.ts";
import { labelBlob, readJSON } from "./blobs.ts";
import {
  choosePlatform,
  type Descriptor,
  type ImageConfig,
  type Index,
  isIndex,
  type Manifest,
} from "./config.ts";

export interface OpenImage {
  manifest: Manifest;
  config: ImageConfig;
  /** Makes sure that all layers are there as snapshots, and returns the name of the topmost. */
  unpack(snapshotter: string): Promise<string>;
}

/** Errors: notFound for the image, or when it is not for this machine. */
export async function openImage(cli: Cli, name: string): Promise<OpenImage> {
  const { image } = await cli.client(ImagesDefinition).get({ name }, cli.call);
  let target: { mediaType: string; digest: string } = image!.target!;
  if (isIndex(target)) {
    const { manifests } = await readJSON<Index>(cli, target.digest);
    const chosen = choosePlatform(manifests);
    if (!chosen) throw notFound(`image ${name} has no manifest for linux on ${process.arch}`);
    target = chosen;
  }
  const manifest = await readJSON<Manifest>(cli, target.digest);
  const config = await readJSON<ImageConfig>(cli, manifest.config.digest);
  return { manifest, config, unpack: (snapshotter) => unpack(cli, manifest, config, snapshotter) };
}

const sha256 = (text: string) => `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;

async function unpack(
  cli: Cli,
  manifest: Manifest,
  config: ImageConfig,
  snapshotter: string,
): Promise<string> {
  let chain = "";
  for (const [i, layer] of manifest.layers.entries()) {
    const diffID = config.rootfs.diff_ids[i];
    if (diffID === undefined)
      throw dataLoss(`image configuration ${manifest.config.digest} lacks the diff id of layer ${i}`);
    const next = chain === "" ? diffID : sha256(`${chain} ${diffID}`);
    await unpackLayer(cli, snapshotter, layer, diffID, chain, next);
    chain = next;
  }
  await labelBlob(cli, manifest.config.digest, { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: chain });
  return chain;
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
