import { dataLoss, invalidArgument, notFound } from "../../errors/errors.ts";
import { refuseDepth } from "../layers/stack.ts";
import { checkConfig } from "../store/check-config.ts";
import type { Digest, ImageConfig, ImageStore, Layer, LayerStep, LayerStore } from "../types.ts";
import { unlessAborted } from "./abort.ts";
import { type ChosenImage, chooseImage } from "./choose.ts";
import type { Reached, RegistryClient, RepositoryRequest } from "./client.ts";
import { type Descriptor, digestOf, isDigest, type Platform, shortDigest } from "./descriptor.ts";
import type { DownloadState, Downloads, HeldBlob } from "./downloads.ts";
import type { ImageManifest, LegacyManifest } from "./manifest.ts";
import { isForeignLayer, MEDIA } from "./media.ts";
import { layerProgress, layerStatus, meter, type ProgressSink } from "./progress.ts";
import type { BlobRecords } from "./records.ts";
import type { RemoteRepository } from "./repository.ts";
import { configOfLegacy, type LegacyLayer, legacyLayers } from "./schema1.ts";

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
  layers: Pick<LayerStore, "register" | "registerStack" | "has" | "release">;
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
    const { reference, platform, signal, progress, domain, path } = request;
    const reached = await this.options.client.reach({ ...request, purpose: "pull" }, (repository) =>
      chooseImage(repository, reference, platform, signal, () =>
        // In stock's form: a tag alone, or all of a name with a digest.
        progress({
          status: `Pulling from ${path}`,
          id: "digest" in reference ? `${domain}/${path}@${reference.digest}` : reference.tag,
        }),
      ),
    );
    const { manifest, digest } = reached.result;
    const imageID =
      manifest.kind === "schema1"
        ? await this.fetchLegacy(manifest, reached, request)
        : await this.fetchUnlessHere(manifest, reached, request);
    progress({ status: `Digest: ${digest}` });
    return { id: imageID, digest };
  }

  private async fetchUnlessHere(
    manifest: ImageManifest,
    reached: Reached<ChosenImage>,
    request: PullRequest,
  ): Promise<Digest> {
    const { digest } = manifest.config;
    if (!this.options.images.has(digest)) await this.fetch(manifest, reached, request);
    return digest;
  }

  /** An image of the old format: what its layers hold, and so its own id, is only known when they are here. */
  private async fetchLegacy(
    { content }: LegacyManifest,
    reached: Reached<ChosenImage>,
    request: PullRequest,
  ): Promise<Digest> {
    const { progress, domain, path, reference } = request;
    const name = `${domain}/${path}${"tag" in reference ? `:${reference.tag}` : `@${reference.digest}`}`;
    const layers = legacyLayers(content, name);
    progress({ status: `Image ${name} ${OUTDATED}` });
    const blobs = await sizedBlobs(layers, reached.repository, request.signal);
    const stop = new AbortController();
    const either = AbortSignal.any([request.signal, stop.signal]);
    const held = blobs.map((blob) =>
      this.options.downloads.get(blob, reached.sources, watcher(blob, progress), either),
    );
    let top: Layer | undefined;
    try {
      const diffIDs: Digest[] = [];
      for (const [i, blob] of held.entries()) {
        const before: Layer | undefined = top;
        top = await this.options.layers.register(wholeBlob(blob), before?.chainID);
        if (before) await this.options.layers.release(before);
        diffIDs.push(top.diffID);
        progress(layerStatus(shortDigest(blobs[i]!.digest), "Pull complete"));
      }
      return (await this.options.images.create(configOfLegacy(layers, diffIDs))).id;
    } finally {
      stop.abort();
      if (top) await this.options.layers.release(top);
      await Promise.all(held.map((blob) => blob.release()));
    }
  }

  /** All tags of a repository. */
  async tags(request: Omit<RepositoryRequest, "purpose">): Promise<string[]> {
    const { result } = await this.options.client.reach({ ...request, purpose: "pull" }, (repository) =>
      repository.tags(request.signal),
    );
    return result;
  }

  private async fetch(
    manifest: ImageManifest,
    reached: Reached<ChosenImage>,
    request: PullRequest,
  ): Promise<void> {
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
        started.get(i) ??
        this.options.downloads.get(
          blob,
          [...reached.sources, ...this.options.client.foreignSources(blob)],
          watcher(blob, progress),
          signal,
        );
      started.set(i, held);
      return held;
    };
    const releaseAll = async (): Promise<void> => {
      await Promise.all([...started.values()].map((held) => held.release()));
    };
    return { start, releaseAll };
  }
}

/** In stock's words. */
const OUTDATED =
  "uses outdated schema1 manifest format. Please upgrade to a schema2 image for better future compatibility. More information at https://docs.docker.com/registry/spec/deprecated-schema-v1/";

/** The old format does not say how large its blobs are. Errors: notFound. */
function sizedBlobs(
  layers: readonly LegacyLayer[],
  repository: RemoteRepository,
  signal: AbortSignal,
): Promise<Descriptor[]> {
  const real = layers.filter(({ empty }) => !empty);
  return Promise.all(
    real.map(async ({ digest }) => {
      const size = await repository.statBlob(digest, signal);
      if (size === undefined) throw notFound(`blob ${digest} of the manifest is not in the registry`);
      return { mediaType: MEDIA.layer, digest, size };
    }),
  );
}

async function* wholeBlob(blob: HeldBlob): AsyncGenerator<Uint8Array> {
  await blob.growth().next(Number.POSITIVE_INFINITY);
  yield* Bun.file(blob.file).stream();
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
  const { mediaType, size, digest, urls } = blob;
  return {
    diffID,
    ...(urls?.length && isForeignLayer(mediaType) ? { foreign: { mediaType, size, digest, urls } } : {}),
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
  if (typeof config !== "object" || config === null)
    throw dataLoss("invalid image configuration: not an object");
  const diffIDs = config.rootfs?.diff_ids ?? [];
  if (!Array.isArray(diffIDs) || diffIDs.length !== blobs.length)
    throw dataLoss("layers from manifest don't match image configuration");
  if (!diffIDs.every(isDigest)) throw dataLoss("invalid image configuration: malformed diff_ids");
  refuseDepth(blobs.length);
  checkConfig(config);
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
