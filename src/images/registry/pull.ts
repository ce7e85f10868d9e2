import { createReadStream } from "node:fs";
import { dataLoss, invalidArgument } from "../../errors/errors.ts";
import type { Digest, ImageConfig, ImageStore, Layer, LayerStore } from "../types.ts";
import { throwIfAborted } from "./abort.ts";
import { type ChosenImage, chooseImage } from "./choose.ts";
import type { Reached, RegistryClient, RepositoryRequest } from "./client.ts";
import { decompressLayer } from "./decompress.ts";
import { type Descriptor, digestOf, type Platform, shortDigest } from "./descriptor.ts";
import type { DownloadState, Downloads, HeldBlob } from "./downloads.ts";
import { KeyedLock } from "./keyed_lock.ts";
import { layerProgress, layerStatus, meter, type ProgressSink } from "./progress.ts";
import type { BlobRecords } from "./records.ts";

export interface PullRequest extends Omit<RepositoryRequest, "purpose"> {
  reference: { tag: string } | { digest: string };
  platform: Platform;
  progress: ProgressSink;
}

export interface PulledImage {
  /** The image id. */
  id: Digest;
  /** What the name stands for in the registry: the digest of the index or manifest. */
  digest: Digest;
}

export interface PullerOptions {
  client: RegistryClient;
  downloads: Downloads;
  layers: Pick<LayerStore, "register" | "get" | "has" | "release">;
  images: Pick<ImageStore, "create" | "has">;
  records: BlobRecords;
}

/** A layer of the image that is being pulled. */
interface Step {
  blob: Descriptor;
  diffID: Digest;
  chainID: Digest;
  parent: Digest | undefined;
}

/** Pulls images: manifest, configuration, layers; nothing is kept of an image that fails half-way. */
export class Puller {
  /** Two pulls of one image must not unpack the same layer twice. */
  private readonly unpacking = new KeyedLock();

  constructor(private readonly options: PullerOptions) {}

  /** Pulls what one tag or digest stands for. Errors: in stock's words; cancelled. */
  async pull(request: PullRequest): Promise<PulledImage> {
    const { reference, platform, signal, progress, path } = request;
    const reached = await this.options.client.reach({ ...request, purpose: "pull" }, (repository) =>
      chooseImage(repository, reference, platform, signal),
    );
    const { manifest, digest } = reached.result;
    const id = "digest" in reference ? reference.digest : reference.tag;
    progress({ status: `Pulling from ${path}`, id });
    const imageID = manifest.config.digest;
    if (!this.options.images.has(imageID)) await this.fetch(reached, request);
    progress({ status: `Digest: ${digest}` });
    return { id: imageID, digest };
  }

  /** All tags of a repository. */
  async tags(request: Omit<RepositoryRequest, "purpose">): Promise<string[]> {
    const { result } = await this.options.client.reach({ ...request, purpose: "pull" }, (repository) =>
      repository.tags(request.signal),
    );
    return result;
  }

  private async fetch(reached: Reached<ChosenImage>, request: PullRequest): Promise<void> {
    const { manifest } = reached.result;
    const raw = await reached.repository.smallBlob(manifest.config, request.signal);
    const steps = planLayers(raw, manifest.layers);
    const top = await this.fetchLayers(steps, reached, request);
    try {
      await this.options.images.create(raw);
    } finally {
      if (top) await this.options.layers.release(top);
    }
    const repository = `${request.domain}/${request.path}`;
    for (const { diffID, blob } of steps)
      await this.options.records.record(diffID, { digest: blob.digest, size: blob.size, repository });
  }

  /** Starts all downloads and unpacks the layers in order as they arrive; returns a reference to the topmost. */
  private async fetchLayers(
    steps: Step[],
    reached: Reached<ChosenImage>,
    { progress, signal }: PullRequest,
  ): Promise<Layer | undefined> {
    const { layers, downloads } = this.options;
    const there = steps.findLastIndex((step) => layers.has(step.chainID));
    for (const [i, { blob }] of steps.entries())
      progress(layerStatus(shortDigest(blob.digest), i <= there ? "Already exists" : "Pulling fs layer"));
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    let top = there >= 0 ? layers.get(steps[there]!.chainID) : undefined;
    const fetched = steps.slice(there + 1).map((step) => {
      const blob = downloads.get(step.blob, reached.sources, watcher(step.blob, progress), either);
      blob.catch(() => {});
      return { step, blob };
    });
    // A later layer's failure must not wait for its turn.
    const failed = failureOfAny(fetched.map(({ blob }) => blob));
    try {
      for (const { step, blob } of fetched) {
        await Promise.race([blob, failed]);
        const layer = await this.unpack(step, await blob, progress, signal);
        if (top) await layers.release(top);
        top = layer;
      }
      return top;
    } catch (error) {
      stop.abort();
      if (top) await layers.release(top);
      throw error;
    } finally {
      const results = await Promise.allSettled(fetched.map(({ blob }) => blob));
      for (const result of results) if (result.status === "fulfilled") await result.value.release();
    }
  }

  private unpack(step: Step, held: HeldBlob, progress: ProgressSink, signal: AbortSignal): Promise<Layer> {
    const { layers } = this.options;
    const id = shortDigest(step.blob.digest);
    return this.unpacking.run(step.chainID, async () => {
      throwIfAborted(signal);
      const total = step.blob.size;
      const report = meter(total, (current) => progress(layerProgress(id, "Extracting", current, total)));
      const layer = layers.has(step.chainID)
        ? layers.get(step.chainID)
        : await layers.register(
            decompressLayer(readFile(held.file, report, signal)),
            step.parent,
            step.diffID,
          );
      await held.release();
      progress(layerStatus(id, "Pull complete"));
      return layer;
    });
  }
}

/** Rejects as soon as one of them does; never resolves. */
function failureOfAny(promises: Promise<unknown>[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const promise of promises) promise.catch(reject);
  });
  failed.catch(() => {});
  return failed;
}

async function* readFile(
  file: string,
  report: (current: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let current = 0;
  for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    throwIfAborted(signal);
    const bytes = piece as Buffer;
    current += bytes.length;
    report(current);
    yield bytes;
  }
}

/** Checks a configuration against its manifest and gives each layer its place. Errors: dataLoss, invalidArgument. */
function planLayers(raw: Uint8Array, blobs: Descriptor[]): Step[] {
  let config: ImageConfig;
  try {
    config = JSON.parse(new TextDecoder().decode(raw)) as ImageConfig;
  } catch (cause) {
    throw dataLoss("invalid image configuration: not JSON", { cause });
  }
  const diffIDs = config?.rootfs?.diff_ids ?? [];
  if (!Array.isArray(diffIDs) || diffIDs.length !== blobs.length)
    throw dataLoss("layers from manifest don't match image configuration");
  if (config.os && config.os !== "linux")
    throw invalidArgument(
      `image operating system ${JSON.stringify(config.os)} cannot be used on this platform`,
    );
  const steps: Step[] = [];
  for (const [i, blob] of blobs.entries()) {
    const [diffID, parent] = [diffIDs[i]!, steps.at(-1)?.chainID];
    steps.push({ blob, diffID, parent, chainID: parent ? digestOf(`${parent} ${diffID}`) : diffID });
  }
  return steps;
}

/** Turns the states of a download into progress lines. */
function watcher({ digest, size }: Descriptor, progress: ProgressSink): (state: DownloadState) => void {
  const id = shortDigest(digest);
  const report = meter(size, (current) => progress(layerProgress(id, "Downloading", current, size)));
  return (state) => {
    if (state.kind === "starting") return;
    if (state.kind === "waiting") progress(layerStatus(id, "Waiting"));
    else if (state.kind === "downloading") report(state.current);
    else if (state.kind === "verifying") progress(layerStatus(id, "Verifying Checksum"));
    else if (state.kind === "complete") progress(layerStatus(id, "Download complete"));
    else {
      const { seconds } = state;
      progress(layerStatus(id, `Retrying in ${seconds} second${seconds === 1 ? "" : "s"}`));
    }
  };
}
