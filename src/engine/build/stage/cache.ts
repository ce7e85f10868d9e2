/** The cache of steps: an image that was made from the same one by the same step. It is the image store itself. */
import type { ImageRoot } from "../../../images/open.ts";
import type { Platform } from "../../../images/registry/descriptor.ts";
import type { ContainerDefaults, Image, ImageConfig } from "../../../images/types.ts";
import type { StageState } from "./state.ts";

/** What two steps must have in common. Content that was copied is in Cmd as its digest; mounts' in BuildKey. */
function keyOf(config: ContainerDefaults): string {
  const sorted = (map: Record<string, unknown> | null | undefined) =>
    Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    config.Cmd ?? [],
    config.Entrypoint ?? [],
    config.Env ?? [],
    config.User ?? "",
    config.WorkingDir ?? "",
    config.Shell ?? [],
    sorted(config.Labels),
    Object.keys(config.ExposedPorts ?? {}).sort(),
    Object.keys(config.Volumes ?? {}).sort(),
    config.OnBuild ?? [],
    config.StopSignal ?? "",
    config["BuildKey"] ?? "",
  ]);
}

const isFor = ({ os, architecture, variant }: ImageConfig, platform: Platform): boolean =>
  os === platform.os && architecture === platform.architecture && variant === platform.variant;

/** The newest image that this step has made from this parent. */
export function cachedImage(
  { images }: ImageRoot,
  { image: parent, platform }: Pick<StageState, "image" | "platform">,
  step: ContainerDefaults,
  epoch: number | undefined,
): Image | undefined {
  const key = keyOf(step);
  const candidates = parent ? images.children(parent.id) : images.list().filter((image) => !image.parent);
  const hits = candidates.filter(({ config }) => {
    const made = config.container_config;
    if (!made || keyOf(made) !== key) return false;
    if (!parent && ((config.history?.length ?? 0) !== 1 || !isFor(config, platform))) return false;
    return (
      epoch === undefined || config.created === new Date(epoch * 1000).toISOString().replace(".000Z", "Z")
    );
  });
  const time = (image: Image) => Date.parse(image.config.created ?? "") || 0;
  return hits.sort((a, b) => time(b) - time(a))[0];
}
