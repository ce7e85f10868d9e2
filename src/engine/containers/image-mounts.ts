/** Images mounted into a container (--mount type=image): each is a writable layer of its own, mounted read-only. */
import { createHash } from "node:crypto";
import { isNotFound } from "../../errors/errors.ts";
import type { RWLayer } from "../../images/types.ts";
import type { Container, MountPoint } from "./container.ts";
import type { Env } from "./env.ts";

const points = ({ facts }: Container): MountPoint[] =>
  Object.values(facts.mountPoints).filter(({ Type }) => Type === "image");

/** The layer's name; the same at each start. */
function nameOf(container: Container, point: MountPoint): string {
  const hash = createHash("sha256").update(point.Destination).digest("hex");
  return `${container.id}-image-${hash.slice(0, 16)}`;
}

/** Names of the layers that the container's image mounts keep. */
export function imageLayerNames(container: Container): string[] {
  return points(container).map((point) => nameOf(container, point));
}

/** Makes the layer of one image mount. Errors: notFound, when the image is not there. */
export async function createImageMount(env: Env, container: Container, point: MountPoint): Promise<void> {
  const image = env.images.resolve(point.Spec.Source ?? "");
  point.Source = image.id;
  await env.images.layers.createRWLayer(nameOf(container, point), image.chainID);
}

/** The layer that an image mount of a container is of. Errors: notFound. */
export function imageMountLayer(env: Env, container: Container, point: MountPoint): RWLayer {
  return env.images.layers.getRWLayer(nameOf(container, point));
}

/** Does something with each layer of the container's image mounts. */
export async function forEachImageLayer(
  env: Env,
  container: Container,
  work: (layer: RWLayer) => Promise<unknown>,
): Promise<void> {
  for (const point of points(container)) await work(imageMountLayer(env, container, point));
}

/** Removes the layers; those that are not there are no error. */
export async function removeImageMounts(env: Env, container: Container): Promise<void> {
  for (const name of imageLayerNames(container)) {
    await env.images.layers.releaseRWLayer(name).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
