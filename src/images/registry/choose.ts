import { dataLoss, notFound } from "../../errors/errors.ts";
import type { Descriptor, Platform } from "./descriptor.ts";
import type { ImageManifest, LegacyManifest } from "./manifest.ts";
import { isLayerType, MEDIA } from "./media.ts";
import { choosePlatform, formatPlatform } from "./platform.ts";
import type { FetchedManifest, RemoteRepository } from "./repository.ts";

/** What a name in a registry stands for on one platform. */
export interface ChosenImage {
  /** The digest that the name stands for: of the index, if it is one. */
  digest: string;
  /** The media type, size and digest of what the name stands for. */
  top: Descriptor;
  manifest: ImageManifest | LegacyManifest;
}

/** Indexes in indexes that are followed. */
const MAX_DEPTH = 4;

/**
 * Reads the manifest that a tag or digest stands for, choosing by platform where it is an index. `found` is called when
 * there is one, before that choice. Errors:
 * notFound when the index has nothing for the platform; those of RemoteRepository.manifest.
 */
export async function chooseImage(
  repository: RemoteRepository,
  reference: { tag: string } | { digest: string },
  platform: Platform,
  signal: AbortSignal,
  found: () => void = () => {},
): Promise<ChosenImage> {
  const resolved = "digest" in reference ? reference : await repository.resolve(reference.tag, signal);
  const top = "manifest" in resolved ? resolved : await repository.manifest(resolved.digest, signal);
  found();
  let current: FetchedManifest = top;
  for (let depth = 0; current.manifest.kind === "index"; depth++) {
    const entry = choosePlatform(current.manifest.manifests, platform);
    if (!entry)
      throw notFound(`no matching manifest for ${formatPlatform(platform)} in the manifest list entries`);
    if (depth >= MAX_DEPTH) throw dataLoss(`manifest ${top.descriptor.digest}: indexes nested too deeply`);
    current = await repository.manifest(entry.digest, signal);
  }
  const { manifest } = current;
  const { digest } = top.descriptor;
  if (manifest.kind === "manifest") {
    checkImage(manifest);
    return { digest, top: top.descriptor, manifest };
  }
  if (current !== top)
    throw dataLoss(`manifest ${digest} lists one in the outdated format schema 1, which is not supported`);
  return { digest, top: top.descriptor, manifest };
}

/** What is in a registry need not be an image. Errors: dataLoss with stock's words. */
function checkImage({ config, layers }: ImageManifest): void {
  if (config.mediaType === MEDIA.pluginConfig)
    throw dataLoss(`Encountered remote ${JSON.stringify(config.mediaType)}(plugin) when fetching`);
  // Some tools push images with a config type of application/octet-stream or text/html; stock takes them, too.
  const known = [
    MEDIA.config,
    MEDIA.ociConfig,
    "application/octet-stream",
    "application/json",
    "text/html",
    "",
  ];
  if (!(known as string[]).includes(config.mediaType))
    throw dataLoss(`Encountered remote ${JSON.stringify(config.mediaType)}(unknown) when fetching`);
  const odd = layers.find((layer) => !isLayerType(layer.mediaType));
  if (odd)
    throw dataLoss(
      `layer ${odd.digest} has media type ${JSON.stringify(odd.mediaType)}, which is not that of a layer`,
    );
}
