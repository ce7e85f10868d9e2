import { EngineError, isCancelled, kindOf } from "../../errors/errors.ts";
import type { Image, Layer } from "../types.ts";
import { pause, throwIfAborted } from "./abort.ts";
import type { RegistryClient, RepositoryRequest } from "./client.ts";
import { compressLayer } from "./compress.ts";
import { type Descriptor, digestOf, shortDigest } from "./descriptor.ts";
import { failureOf } from "./failure.ts";
import { MEDIA } from "./media.ts";
import { layerProgress, layerStatus, meter, type ProgressSink } from "./progress.ts";
import type { BlobRecord, BlobRecords } from "./records.ts";
import { Slots } from "./slots.ts";
import type { UploadRepository } from "./upload.ts";

export interface PushRequest extends Omit<RepositoryRequest, "purpose" | "mountSources"> {
  tag: string;
  image: Image;
  /** The image's topmost layer; undefined for an image without layers. */
  top: Layer | undefined;
  progress: ProgressSink;
}

export interface PusherOptions {
  client: RegistryClient;
  records: BlobRecords;
  /** How many layers may be uploaded at once, over all pushes. */
  concurrency: () => number;
  /** Seconds before each further attempt at a layer. */
  backoff?: readonly number[];
}

/** Repositories that a push offers to mount a layer from. */
const MAX_MOUNT_SOURCES = 4;
/** Known blobs of a layer that the registry is asked for. */
const MAX_CANDIDATES = 4;
const BACKOFF = [1, 2, 4, 8, 15];
const EXISTS = "Layer already exists";

interface LayerTask {
  layer: Layer;
  known: BlobRecord[];
}

/** Pushes images as schema 2 manifests, in the very bytes that stock writes. */
export class Pusher {
  private readonly slots: Slots;

  constructor(private readonly options: PusherOptions) {
    this.slots = new Slots(options.concurrency);
  }

  /** Pushes one tag; gives its manifest's digest. Errors: the registry's; cancelled. */
  async push(request: PushRequest): Promise<{ digest: string; size: number }> {
    const tasks = await this.plan(request.top);
    const mountSources = mountPaths(tasks, request);
    const { result } = await this.options.client.reach(
      { ...request, purpose: "push", mountSources },
      (repository) => this.pushTo(repository, tasks, request),
    );
    const { tag, progress } = request;
    progress({ status: `${tag}: digest: ${result.digest} size: ${result.size}` });
    progress({ progressDetail: {}, aux: { Tag: tag, Digest: result.digest, Size: result.size } });
    return result;
  }

  /** The layers, topmost first, with what is known of them. */
  private async plan(top: Layer | undefined): Promise<LayerTask[]> {
    const tasks: LayerTask[] = [];
    for (let layer = top; layer; layer = layer.parent)
      tasks.push({ layer, known: await this.options.records.blobsOf(layer.diffID) });
    return tasks;
  }

  private async pushTo(
    repository: UploadRepository,
    tasks: LayerTask[],
    request: PushRequest,
  ): Promise<{ digest: string; size: number }> {
    const { signal, image, progress } = request;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    for (const { layer } of tasks) progress(layerStatus(shortDigest(layer.diffID), "Preparing"));
    // The same layer may be in an image more than once.
    const once = new Map<string, Promise<Descriptor>>();
    const running = tasks.map((task) => {
      const { diffID } = task.layer;
      const mine = once.get(diffID) ?? this.pushLayer(repository, task, request, either);
      once.set(diffID, mine);
      return mine;
    });
    let layers: Descriptor[];
    try {
      layers = await Promise.all(running);
    } catch (error) {
      stop.abort();
      await Promise.allSettled(running);
      throw error;
    }
    await repository.uploadBytes(image.raw, image.id, signal);
    const manifest = manifestBytes(image, layers.reverse());
    const digest = await repository.putManifest(request.tag, MEDIA.manifest2, manifest, signal);
    return { digest, size: manifest.length };
  }

  private async pushLayer(
    repository: UploadRepository,
    task: LayerTask,
    request: PushRequest,
    signal: AbortSignal,
  ): Promise<Descriptor> {
    const id = shortDigest(task.layer.diffID);
    const { foreign } = task.layer;
    if (foreign) {
      request.progress(layerStatus(id, "Skipped foreign layer"));
      const { mediaType, size, digest, urls } = foreign;
      return { mediaType, size, digest, urls };
    }
    if (this.slots.full) request.progress(layerStatus(id, "Waiting"));
    const leave = await this.slots.enter(signal);
    try {
      const there = await this.findExisting(repository, task, request, signal);
      const blob = there ?? (await this.upload(repository, task.layer, request, signal));
      const name = `${request.domain}/${request.path}`;
      await this.options.records.record(task.layer.diffID, { ...blob, repository: name });
      return { mediaType: MEDIA.layer, size: blob.size, digest: blob.digest };
    } finally {
      leave();
    }
  }

  /**
   * Looks for a blob of the layer where it was once pushed to or pulled from: in the repository itself, then in others that
   * it may be mounted from, then for the others' blobs in the repository. The order is stock's.
   */
  private async findExisting(
    repository: UploadRepository,
    { layer, known }: LayerTask,
    { domain, path, progress }: PushRequest,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number } | undefined> {
    const tell = (what: string) => progress(layerStatus(shortDigest(layer.diffID), what));
    const here = known.filter((blob) => blob.repository === `${domain}/${path}`);
    const others = known.filter((blob) => blob.repository !== `${domain}/${path}`);
    const present = async (blobs: BlobRecord[], said: string) => {
      for (const digest of new Set(blobs.map(({ digest }) => digest))) {
        const size = await repository.statBlob(digest, signal);
        if (size === undefined) continue;
        tell(said);
        return { digest, size };
      }
      return undefined;
    };
    const own = await present(here.slice(0, MAX_CANDIDATES), EXISTS);
    if (own) return own;
    for (const blob of mountable(others, domain)) {
      const from = blob.repository.slice(domain.length + 1);
      if (!(await mounts(repository, blob.digest, from, signal))) continue;
      const mounted = await present([blob], `Mounted from ${from}`);
      if (mounted) return mounted;
    }
    return present(others.slice(0, Math.max(0, MAX_CANDIDATES - here.length)), EXISTS);
  }

  private async upload(
    repository: UploadRepository,
    layer: Layer,
    { progress }: PushRequest,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number }> {
    const id = shortDigest(layer.diffID);
    const delays = [...(this.options.backoff ?? BACKOFF)];
    for (;;) {
      try {
        const report = meter(layer.diffSize, (n) =>
          progress(layerProgress(id, "Pushing", n, layer.diffSize)),
        );
        const stored = await repository.uploadStream(
          compressLayer(counted(layer.tarStream(), report, signal)),
          signal,
        );
        progress(layerStatus(id, "Pushed"));
        return stored;
      } catch (error) {
        const delay = worthRetry(error, signal) ? delays.shift() : undefined;
        if (delay === undefined) throw error;
        progress(layerStatus(id, `Retrying in ${delay} second${delay === 1 ? "" : "s"}`));
        await pause(delay * 1000, signal);
      }
    }
  }
}

const mountable = (blobs: BlobRecord[], domain: string): BlobRecord[] =>
  blobs.filter(({ repository }) => repository.startsWith(`${domain}/`)).slice(0, MAX_MOUNT_SOURCES);

function mountPaths(tasks: LayerTask[], { domain, path }: PushRequest): string[] {
  const own = `${domain}/${path}`;
  const sources = tasks.flatMap(({ known }) =>
    mountable(
      known.filter((b) => b.repository !== own),
      domain,
    ),
  );
  const paths = sources.map(({ repository }) => repository.slice(domain.length + 1));
  return [...new Set(paths)].slice(0, MAX_MOUNT_SOURCES);
}

/** A mount that fails is no reason not to upload. */
async function mounts(
  repo: UploadRepository,
  digest: string,
  from: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await repo.mountBlob(digest, from, signal);
  } catch (error) {
    if (isCancelled(error)) throw error;
    return false;
  }
}

function worthRetry(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || isCancelled(error) || kindOf(error) === "dataLoss") return false;
  const failure = failureOf(error);
  return failure !== undefined && (failure.status === 0 || failure.status === 429 || failure.status >= 500);
}

async function* counted(
  tar: AsyncIterable<Uint8Array>,
  report: (current: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let current = 0;
  for await (const piece of tar) {
    throwIfAborted(signal);
    current += piece.length;
    report(current);
    yield piece;
  }
}

/** Field order and the indent of three are stock's, so that both give an image the same digest. */
function manifestBytes(image: Image, layers: Descriptor[]): Uint8Array {
  if (digestOf(image.raw) !== image.id)
    throw new EngineError("dataLoss", `the configuration of image ${image.id} does not have that digest`);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest2,
    config: { mediaType: MEDIA.config, size: image.raw.length, digest: image.id },
    layers,
  };
  return new TextEncoder().encode(JSON.stringify(manifest, null, 3));
}
