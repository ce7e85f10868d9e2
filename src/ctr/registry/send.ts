/** From the daemon's content store to a registry. */

import type { Descriptor, Platform } from "../../images/registry/descriptor.ts";
import { parseManifest } from "../../images/registry/manifest.ts";
import { matchesPlatform } from "../../images/registry/platform.ts";
import type { UploadRepository } from "../../images/registry/upload.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import type { Cli } from "../cli.ts";
import { readBlob } from "../image/blobs.ts";

const NON_DISTRIBUTABLE = /\.(nondistributable|foreign)\./;

export interface Sending {
  cli: Cli;
  repository: UploadRepository;
  /** Of an index, only these; undefined for all that are here. */
  platform: Platform | undefined;
  /** Whether layers are sent that say that they are not to be distributed. */
  nonDistributable: boolean;
  /** Blobs at the same time. */
  parallel: number;
  onDone(what: Descriptor, present: boolean): void;
}

/** Sends a manifest, after all that it names, under a tag or digest. Errors: notFound for what is not here. */
export async function sendAll(sending: Sending, target: Descriptor, reference: string): Promise<void> {
  const { cli, repository, platform } = sending;
  const raw = await readBlob(cli, target.digest);
  const manifest = parseManifest(raw, target.mediaType);
  if (manifest.kind === "index") {
    for (const entry of manifest.manifests)
      if (!platform || (entry.platform && matchesPlatform(entry.platform, platform)))
        await sendAll(sending, entry, entry.digest);
  } else if (manifest.kind === "manifest") {
    const layers = manifest.layers.filter(
      ({ mediaType }) => sending.nonDistributable || !NON_DISTRIBUTABLE.test(mediaType),
    );
    await sendBlobs(sending, [manifest.config, ...layers]);
  }
  await repository.putManifest(reference, manifest.mediaType, raw, new AbortController().signal);
  sending.onDone(target, false);
}

async function sendBlobs(sending: Sending, blobs: readonly Descriptor[]): Promise<void> {
  const waiting = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  const worker = async () => {
    for (let blob = waiting.shift(); blob; blob = waiting.shift()) await sendBlob(sending, blob);
  };
  await Promise.all(Array.from({ length: sending.parallel }, worker));
}

/** Unless the registry has it. */
export async function sendBlob({ cli, repository, onDone }: Sending, blob: Descriptor): Promise<void> {
  const { signal } = new AbortController();
  const present = (await repository.statBlob(blob.digest, signal)) !== undefined;
  if (!present) {
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      for await (const { data } of cli.client(ContentDefinition).read({ digest: blob.digest }, cli.longCall))
        yield data;
    };
    await repository.uploadStream(bytes(), signal);
  }
  onDone(blob, present);
}
