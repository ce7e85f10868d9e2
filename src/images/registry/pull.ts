import { dataLoss, invalidArgument } from "../../errors/errors.ts";
import type { Digest, ImageConfig, ImageStore, Layer, LayerStep, LayerStore } from "../types.ts";
import { unlessAborted } from "./abort.ts";
import { type ChosenImage, chooseImage } from "./choose.ts";
import type { Reached, RegistryClient, RepositoryRequest } from "./client.ts";
import { type Descriptor, digestOf, type Platform, shortDigest } from "./descriptor.ts";
import type { DownloadState, Downloads, HeldBlob } from "./downloads.ts";
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
  layers: Pick<LayerStore, "registerStack" | "has" | "release">;
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

  /** Starts all downloads, and stores the layers as they arrive; returns a reference to the topmost. */
  private async fetchLayers(
    steps: Step[],
    reached: Reached<ChosenImage>,
    { progress, signal }: PullRequest,
  ): Promise<Layer | undefined> {
    if (steps.length === 0) return undefined;
    const { layers } = this.options;
    const there = steps.findLastIndex((step) => layers.has(step.chainID));
    for (const [i, { blob }] of steps.entries())
      progress(layerStatus(shortDigest(blob.digest), i <= there ? "Already exists" : "Pulling fs layer"));
    const stop = new AbortController();
    const blobs = this.downloadsFor(steps, reached, progress, AbortSignal.any([signal, stop.signal]));
    for (let i = there + 1; i < steps.length; i++) blobs.start(i);
    const stored = layers.registerStack(
      undefined,
      steps.map((step, i) => layerStep(step, i > there, () => blobs.start(i), progress)),
      signal,
    );
    try {
      return await unlessAborted(stored, signal);
    } catch (error) {
      stop.abort();
      // A pull that only waited for another one of the same layers may still get them.
      stored.then(
        (layer) => layers.release(layer),
        () => {},
      );
      throw error;
    } finally {
      await blobs.releaseAll();
    }
  }

  /** The blobs of the steps, each downloaded once it is asked for. */
  private downloadsFor(
    steps: Step[],
    reached: Reached<ChosenImage>,
    progress: ProgressSink,
    signal: AbortSignal,
  ): { start(i: number): HeldBlob; releaseAll(): Promise<void> } {
    const started = new Map<number, HeldBlob>();
    const start = (i: number): HeldBlob => {
      const { blob } = steps[i]!;
      const held =
        started.get(i) ?? this.options.downloads.get(blob, reached.sources, watcher(blob, progress), signal);
      started.set(i, held);
      return held;
    };
    const releaseAll = async (): Promise<void> => {
      await Promise.all([...started.values()].map((held) => held.release()));
    };
    return { start, releaseAll };
  }
}

function layerStep(
  { blob, diffID }: Step,
  missing: boolean,
  download: () => HeldBlob,
  progress: ProgressSink,
): LayerStep {
  const id = shortDigest(blob.digest);
  const report = meter(blob.size, (current) => progress(layerProgress(id, "Extracting", current, blob.size)));
  let held: HeldBlob | undefined;
  return {
    diffID,
    async open() {
      held = download();
      const growth = held.growth();
      await growth.next(0);
      return { path: held.file, growth };
    },
    // Until then the line of this layer tells how the download comes on.
    onRead: (read) => {
      if (held?.complete) report(read);
    },
    onDone() {
      if (missing) progress(layerStatus(id, "Pull complete"));
      void held?.release();
    },
  };
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
    else if (state.kind === "complete") {
      const from = state.mirror === undefined ? "" : ` from mirror ${state.mirror}`;
      progress(layerStatus(id, `Download complete${from}`));
    } else {
      const { seconds } = state;
      progress(layerStatus(id, `Retrying in ${seconds} second${seconds === 1 ? "" : "s"}`));
    }
  };
}
