import type { BuildCache, ContainerSummary, ImageSummary, Volume } from "../../api/schema.ts";
import type { Images, Layer } from "../../images/types.ts";
import type { DiskUsageKind } from "../api/system/routes.ts";
import { isPlain, type VolumeStore } from "../volumes/types.ts";
import { bytesBelow } from "./bytes-below.ts";

export interface DiskUsageSources {
  images: Images;
  volumes: VolumeStore;
  listImages(): Promise<ImageSummary[]>;
  /** All containers with their sizes. */
  listContainers(): Promise<ContainerSummary[]>;
  buildCache(): BuildCache[];
}

/** GET /system/df */
export async function diskUsage(
  sources: DiskUsageSources,
  kinds: readonly DiskUsageKind[],
): Promise<Record<string, unknown>> {
  const usage: Record<string, unknown> = {};
  if (kinds.includes("image")) {
    usage["Images"] = await sources.listImages();
    usage["LayersSize"] = await layersSize(sources.images);
  }
  if (kinds.includes("container")) usage["Containers"] = await sources.listContainers();
  if (kinds.includes("volume"))
    usage["Volumes"] = await Promise.all(
      sources.volumes
        .list()
        .filter(isPlain)
        .map((v) => sized(sources, v)),
    );
  if (kinds.includes("build-cache")) {
    const records = sources.buildCache();
    usage["BuildCache"] = records;
    usage["BuilderSize"] = records.reduce((sum, { Size = 0 }) => sum + Size, 0);
  }
  return usage;
}

/** Bytes of all layers, each once. */
async function layersSize({ images, layers }: Images): Promise<number> {
  const sizes = new Map<string, number>();
  for (const { chainID } of images.list()) {
    if (chainID === undefined) continue;
    const top = layers.get(chainID);
    for (let layer: Layer | undefined = top; layer; layer = layer.parent)
      sizes.set(layer.chainID, layer.diffSize);
    await layers.release(top);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function sized({ volumes }: DiskUsageSources, volume: Volume): Promise<Volume> {
  const Size = await bytesBelow(volume.Mountpoint!);
  return { ...volume, UsageData: { Size, RefCount: volumes.holders(volume.Name!).length } };
}
