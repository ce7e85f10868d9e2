import type { ImageInspect } from "../../api/schema.ts";
import type { LegacyInspect } from "../api/images/backend.ts";
import { NEVER } from "../time.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { namesOf } from "./list.ts";

/** All that is known of an image. Errors: notFound. */
export async function inspectImage(
  deps: ImageDependencies,
  name: string,
): Promise<ImageInspect & LegacyInspect> {
  const { images } = deps;
  const image = images.resolve(name);
  const { config } = image;
  const names = namesOf(deps, image.id);
  const layer = image.chainID === undefined ? undefined : images.layers.get(image.chainID);
  try {
    return {
      Id: image.id,
      RepoTags: names.tags,
      RepoDigests: names.digests,
      Parent: image.parent ?? "",
      Comment: config.comment || (config.history?.at(-1)?.comment ?? ""),
      Created: config.created ?? NEVER,
      ...(config.container === undefined ? {} : { Container: config.container }),
      ...(config.container_config === undefined ? {} : { ContainerConfig: config.container_config }),
      DockerVersion: config.docker_version ?? "",
      Author: config.author ?? "",
      Config: (config.config ?? {}) as NonNullable<ImageInspect["Config"]>,
      Architecture: config.architecture,
      ...(config.variant ? { Variant: config.variant } : {}),
      Os: config.os || "linux",
      ...(config["os.version"] ? { OsVersion: config["os.version"] } : {}),
      Size: layer?.size ?? 0,
      GraphDriver: { Name: images.layers.driverName, Data: (await layer?.metadata()) ?? {} },
      RootFS: {
        Type: config.rootfs.type,
        ...(config.rootfs.diff_ids?.length ? { Layers: config.rootfs.diff_ids } : {}),
      },
      Metadata: { LastTagTime: images.images.lastUpdated(image.id)?.toISOString() ?? NEVER },
    };
  } finally {
    if (layer) await images.layers.release(layer);
  }
}
