import { mkdirSync, statSync } from "node:fs";
import { conflict, errnoOf, invalidArgument } from "../../../errors/errors.ts";
import type { Container, MountPoint } from "../container.ts";
import type { Env } from "../env.ts";
import { createImageMount } from "../image-mounts.ts";
import { copyUp, hasFolder } from "../rootfs/copy-up.ts";
import { giveToRoot } from "../userns.ts";

/** Makes the volumes of a new container, fills empty ones from the image, and makes missing sources of -v. */
export async function makeVolumes(env: Env, container: Container, points: MountPoint[]): Promise<void> {
  for (const point of points) {
    if (point.Type === "bind") makeBindSource(env, point);
    else if (point.Type === "image") await createImageMount(env, container, point);
    else if (point.Type === "volume") await makeVolume(env, container, point);
  }
  await fill(env, container, points);
}

async function makeVolume(env: Env, container: Container, point: MountPoint): Promise<void> {
  const options = point.Spec.VolumeOptions;
  const volume = await env.volumes.create({
    Name: point.Name,
    Driver: point.Driver,
    ...(options?.DriverConfig?.Options ? { DriverOpts: options.DriverConfig.Options } : {}),
    ...(options?.Labels ? { Labels: options.Labels } : {}),
  });
  point.Name = volume.Name;
  point.Driver = volume.Driver;
  env.volumes.reference(volume.Name, container.id);
}

/** The source of -v is made as a folder if it is not there; --mount has checked that it is. Errors: invalidArgument. */
export function makeBindSource(env: Env, point: MountPoint): void {
  try {
    statSync(point.Source);
    return;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  if (point.SkipMountpointCreation) {
    throw invalidArgument(
      `invalid mount config for type "bind": bind source path does not exist: ${point.Source}`,
    );
  }
  try {
    mkdirSync(point.Source, { recursive: true, mode: 0o755 });
    giveToRoot(env, point.Source);
  } catch (cause) {
    throw conflict(`error while creating mount source path '${point.Source}': ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What the image has where a volume goes is copied into the volume while that is empty. */
async function fill(env: Env, container: Container, points: MountPoint[]): Promise<void> {
  const wanted = points.filter((point) => point.Type === "volume" && point.CopyData);
  if (wanted.length === 0) return;
  const layer = env.images.layers.getRWLayer(container.id);
  const root = await layer.mount();
  try {
    for (const point of wanted) {
      // Otherwise the volume is not mounted before the start: what it is on may be away.
      if (!(await hasFolder(root, point.Destination))) continue;
      const target = await env.volumes.mount(point.Name, container.id);
      try {
        await copyUp(root, point.Destination, target);
      } finally {
        await env.volumes.unmount(point.Name, container.id);
      }
    }
  } finally {
    await layer.unmount();
  }
}
