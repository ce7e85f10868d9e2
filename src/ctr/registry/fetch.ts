/** From a registry into the daemon's content store. */
import { dataLoss, notFound } from "../../errors/errors.ts";
import type { CallOptions } from "../../grpc/client.ts";
import type { Platform } from "../../images/registry/descriptor.ts";
import { type Descriptor, hasherFor } from "../../images/registry/descriptor.ts";
import { matchesPlatform } from "../../images/registry/platform.ts";
import type { RemoteRepository } from "../../images/registry/repository.ts";
import type { Cli } from "../cli.ts";
import { hasBlob, writeBlob } from "../image/blobs.ts";

export interface Fetching {
  cli: Cli;
  /** With the lease that keeps what comes until it is referred to. */
  call: CallOptions;
  repository: RemoteRepository;
  /** Undefined for all platforms. */
  platform: Platform | undefined;
  /** Manifests of the other platforms are wanted too. */
  allMetadata: boolean;
  /** No layers. */
  metadataOnly: boolean;
  /** Layers at the same time. */
  parallel: number;
  /** Labels of every blob. */
  labels: Record<string, string>;
  onDone(what: Descriptor, present: boolean): void;
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** Labels by which the garbage collector finds from a document what it names. */
function references(kind: "manifests" | "layers", entries: readonly Descriptor[], config?: Descriptor) {
  const prefix = kind === "manifests" ? "m" : "l";
  return Object.fromEntries([
    ...(config ? [["containerd.io/gc.ref.content.config", config.digest]] : []),
    ...entries.map(({ digest }, i) => [`containerd.io/gc.ref.content.${prefix}.${i}`, digest]),
  ]) as Record<string, string>;
}

/** Fetches what an object (tag or digest) of the repository leads to. Returns its descriptor. Errors: notFound, dataLoss. */
export async function fetchAll(fetching: Fetching, object: string): Promise<Descriptor> {
  const { descriptor } = await fetchManifest(fetching, object, false);
  return descriptor;
}

async function fetchManifest(
  fetching: Fetching,
  object: string,
  metadataOnly: boolean,
): Promise<{ descriptor: Descriptor }> {
  const { repository, platform } = fetching;
  const { manifest, descriptor, raw } = await repository.manifest(object);
  if (manifest.kind === "index") {
    const wanted = manifest.manifests.filter(
      (entry) => !platform || (entry.platform && matchesPlatform(entry.platform, platform)),
    );
    if (wanted.length === 0 && !fetching.allMetadata)
      throw notFound(`no match for platform in manifest ${descriptor.digest}`);
    for (const entry of manifest.manifests) {
      const isWanted = wanted.includes(entry);
      if (isWanted || fetching.allMetadata) await fetchManifest(fetching, entry.digest, !isWanted);
    }
    await store(fetching, descriptor, raw, references("manifests", manifest.manifests));
  } else if (manifest.kind === "manifest") {
    const { config, layers } = manifest;
    await fetchBlob(fetching, config);
    if (!metadataOnly && !fetching.metadataOnly) await fetchBlobs(fetching, layers);
    await store(fetching, descriptor, raw, references("layers", layers, config));
  } else await store(fetching, descriptor, raw, {});
  return { descriptor };
}

async function store(
  { cli, call, labels, onDone }: Fetching,
  descriptor: Descriptor,
  raw: Uint8Array,
  refs: Record<string, string>,
): Promise<void> {
  await writeBlob(cli, call, `manifest-${descriptor.digest}`, single(raw), { ...labels, ...refs });
  onDone(descriptor, false);
}

async function fetchBlobs(fetching: Fetching, blobs: readonly Descriptor[]): Promise<void> {
  const waiting = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  const worker = async () => {
    for (let blob = waiting.shift(); blob; blob = waiting.shift()) await fetchBlob(fetching, blob);
  };
  await Promise.all(Array.from({ length: fetching.parallel }, worker));
}

/** Errors: dataLoss when the content is another than the digest says; then it is not kept. */
async function fetchBlob(fetching: Fetching, descriptor: Descriptor): Promise<void> {
  const { cli, call, repository, labels, onDone } = fetching;
  const present = await hasBlob(cli, descriptor.digest);
  if (!present) {
    const hasher = hasherFor(descriptor.digest);
    const answer = await repository.blob(descriptor.digest, 0);
    const checked = async function* (): AsyncGenerator<Uint8Array> {
      let size = 0;
      for await (const piece of repository.bytes(answer)) {
        hasher.update(piece);
        size += piece.length;
        yield piece;
      }
      const found = `sha256:${hasher.digest("hex")}`;
      if (found !== descriptor.digest || size !== descriptor.size)
        throw dataLoss(`blob ${descriptor.digest}: ${size} bytes of digest ${found} came`);
    };
    await writeBlob(cli, call, `layer-${descriptor.digest}`, checked(), labels);
  }
  onDone(descriptor, present);
}
