/** `docker load`: archives as `docker save` writes them, and OCI image layouts. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gathered } from "../../archive/tar/batched.ts";
import { unpack } from "../../archive/unpack.ts";
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { collectSometimes } from "../../memory/collect.ts";
import { hexOf } from "../layers/chain-id.ts";
import type { ImageRoot } from "../open.ts";
import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "../reference.ts";
import { decompressLayer } from "../registry/decompress.ts";
import { layerProgress, meter, type ProgressSink } from "../registry/progress.ts";
import { parseConfig } from "../store/images.ts";
import type { Digest, Image, Layer, LayerStep } from "../types.ts";
import { EarlyLayers } from "./early-layers.ts";
import { ArchiveFolder } from "./folder.ts";
import { imagesInLayout } from "./oci-layout.ts";

/** An image as an archive has it. */
export interface ArchivedImage {
  /** Path of the configuration in the archive. */
  config: string;
  /** Paths of the layers, bottom first. */
  layers: string[];
  /** "busybox:latest" */
  tags: string[];
}

export interface LoadOptions {
  quiet: boolean;
  progress: ProgressSink;
  signal: AbortSignal;
  onLoaded(image: Image): void;
}

/**
 * Reads all of an archive, and only then makes images of it. What looks like a layer is unpacked while the rest comes in;
 * one that is here already is not, where its name tells.
 * Errors: invalidArgument, dataLoss; the images before the faulty one stay.
 */
export async function loadImages(
  root: ImageRoot,
  bytes: AsyncIterable<Uint8Array>,
  options: LoadOptions,
): Promise<void> {
  mkdirSync(root.temporary, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(root.temporary, "docker-import-"));
  try {
    const early = new EarlyLayers(root.layers, options.signal);
    try {
      await takeApart(bytes, folder, early, options.signal);
      const archive = new ArchiveFolder(folder);
      for (const image of imagesIn(archive)) await loadOne(root, archive, early, image, options);
    } finally {
      await early.discard();
    }
  } finally {
    // In the background: to give back the room of large files takes its time.
    await rm(folder, { recursive: true, force: true });
  }
}

async function takeApart(
  bytes: AsyncIterable<Uint8Array>,
  folder: string,
  early: EarlyLayers,
  signal: AbortSignal,
): Promise<void> {
  try {
    await unpack(gathered(untilAborted(decompressLayer(bytes), signal)), folder, {
      watch: (path, header) => early.watch(path, header),
      whiteouts: "keep",
      owner: { uid: 0, gid: 0 },
      filter: (header) => ["file", "directory", "symlink", "link"].includes(header.type),
    });
  } catch (cause) {
    throw invalidArgument(`invalid image archive: ${messageOf(cause)}`, { cause });
  }
}

async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    collectSometimes(chunk.length);
    yield chunk;
  }
}

function imagesIn(archive: ArchiveFolder): ArchivedImage[] {
  if (archive.has("manifest.json")) return imagesInManifest(archive);
  if (archive.has("index.json")) return imagesInLayout(archive);
  throw invalidArgument(
    "invalid image archive: it has neither manifest.json nor index.json (docker import takes the tar of a file system)",
  );
}

function imagesInManifest(archive: ArchiveFolder): ArchivedImage[] {
  const items = archive.json("manifest.json");
  const strings = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((v) => typeof v === "string");
  if (!Array.isArray(items)) throw invalidArgument("invalid image archive: manifest.json is no list");
  return items.map((item: { Config?: unknown; Layers?: unknown; RepoTags?: unknown }) => {
    const layers = item?.Layers ?? [];
    if (typeof item?.Config !== "string" || !strings(layers)) {
      throw invalidArgument("invalid image archive: manifest.json has an entry without Config or Layers");
    }
    return { config: item.Config, layers, tags: strings(item.RepoTags) ? item.RepoTags : [] };
  });
}

async function loadOne(
  root: ImageRoot,
  archive: ArchiveFolder,
  early: EarlyLayers,
  archived: ArchivedImage,
  options: LoadOptions,
): Promise<void> {
  const tags = archived.tags.map(tagOf);
  const raw = archive.bytes(archived.config);
  const { os, rootfs } = parseConfig(raw);
  if (os !== "linux" && os !== "") throw invalidArgument(`cannot load ${os} image on linux`);
  const diffIDs = rootfs.diff_ids ?? [];
  if (diffIDs.length !== archived.layers.length) {
    throw invalidArgument(
      `invalid manifest, layers length mismatch: expected ${diffIDs.length}, got ${archived.layers.length}`,
    );
  }
  const top = await loadLayers(root, archive, early, archived.layers, diffIDs, options);
  try {
    const image = await root.images.create(raw);
    for (const tag of tags)
      await tagLoaded(root, canonicalReference(tag), familiarReference(tag), image.id, options.progress);
    options.onLoaded(image);
    const names = tags.map((tag) => `Loaded image: ${familiarReference(tag)}\n`);
    for (const line of names.length > 0 ? names : [`Loaded image ID: ${image.id}\n`])
      options.progress({ stream: line });
  } finally {
    if (top) await root.layers.release(top);
  }
}

/** Errors: invalidArgument. */
function tagOf(text: string): ReturnType<typeof parseReference> {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined) throw invalidArgument(`invalid tag ${JSON.stringify(text)}`);
  return reference;
}

/** A reference to the topmost layer. */
async function loadLayers(
  root: ImageRoot,
  archive: ArchiveFolder,
  early: EarlyLayers,
  paths: string[],
  diffIDs: Digest[],
  { quiet, progress, signal }: LoadOptions,
): Promise<Layer | undefined> {
  if (paths.length === 0) return undefined;
  const steps = paths.map((path, i): LayerStep => {
    const short = hexOf(diffIDs[i]!).slice(0, 12);
    let report: (read: number) => void = () => {};
    let [size, unpackedBefore] = [0, false];
    return {
      diffID: diffIDs[i]!,
      name: `layer ${path} of the archive`,
      async open() {
        size = archive.size(path);
        report = meter(size, (current) => progress(layerProgress(short, "Loading layer", current, size)));
        const real = archive.realPath(path);
        const prepared = early.take(real);
        unpackedBefore = prepared !== undefined;
        return { path: real, ...(prepared ? { prepared } : {}) };
      },
      onRead: (read) => {
        if (!quiet) report(read);
      },
      onDone(present) {
        if (unpackedBefore && !present && !quiet) report(size);
      },
    };
  });
  return root.layers.registerStack(undefined, steps, signal);
}

async function tagLoaded(
  root: ImageRoot,
  canonical: string,
  familiar: string,
  id: Digest,
  progress: ProgressSink,
): Promise<void> {
  const before = root.references.get(canonical);
  if (before !== undefined && before !== id) {
    progress({
      stream: `The image ${familiar} already exists, renaming the old one with ID ${before} to empty string\n`,
    });
  }
  await root.references.add(canonical, id);
  root.images.setLastUpdated(id);
}
