/** Images made here: from the tar of a file system, or from a container's layer. */

import { goArchitecture } from "../oci/architecture.ts";
import type { ImageRoot } from "./open.ts";
import type { ContainerDefaults, Digest, HistoryEntry, Image, ImageConfig } from "./types.ts";

export interface NewImage {
  config: ContainerDefaults;
  history: HistoryEntry;
  author?: string;
  /** What the container that it was made from ran with. */
  containerConfig?: ContainerDefaults;
  containerID?: string;
  os?: string;
  architecture?: string;
  /** The image below. */
  parent?: Image;
  dockerVersion: string;
}

/** The tar with nothing in it: a change that changed no file. */
const EMPTY_TAR: Digest = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/**
 * Makes an image of one new layer, packed or not, on top of its parent's. Errors: dataLoss for a broken tar; nothing
 * is left behind then.
 */
export async function makeImage(
  root: ImageRoot,
  tar: AsyncIterable<Uint8Array>,
  made: NewImage,
): Promise<Image> {
  const layer = await root.layers.register(tar, made.parent?.chainID);
  try {
    const image = await root.images.create(Buffer.from(JSON.stringify(configOf(made, layer.diffID))));
    if (made.parent && image.parent === undefined) await root.images.setParent(image.id, made.parent.id);
    return image;
  } finally {
    await root.layers.release(layer);
  }
}

function configOf(made: NewImage, diffID: Digest): ImageConfig {
  const { parent } = made;
  const created = new Date().toISOString();
  const empty = made.containerID !== undefined && diffID === EMPTY_TAR;
  return {
    architecture: made.architecture ?? parent?.config.architecture ?? goArchitecture(),
    ...(made.author ? { author: made.author } : {}),
    config: made.config,
    ...(made.containerID ? { container: made.containerID } : {}),
    ...(made.containerConfig ? { container_config: made.containerConfig } : {}),
    created,
    docker_version: made.dockerVersion,
    history: [
      ...(parent?.config.history ?? []),
      { created, ...made.history, ...(empty ? { empty_layer: true } : {}) },
    ],
    os: made.os ?? parent?.config.os ?? "linux",
    rootfs: {
      type: "layers",
      diff_ids: [...(parent?.config.rootfs.diff_ids ?? []), ...(empty ? [] : [diffID])],
    },
  };
}
