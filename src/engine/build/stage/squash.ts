/** --squash: all layers that a build has added, as one. */
import { unpack } from "../../../archive/unpack.ts";
import type { ImageRoot } from "../../../images/open.ts";
import type { Image, ImageConfig, Layer } from "../../../images/types.ts";

/** Makes the squashed image; the base is what the build began with. Errors: of the layers. */
export async function squash(root: ImageRoot, image: Image, base: Image | undefined): Promise<Image> {
  const name = `build-${crypto.randomUUID()}`;
  const writable = await root.layers.createRWLayer(name, base?.chainID);
  try {
    const path = await writable.mount();
    for (const layer of await layersAbove(root, image, base))
      await unpack(layer.tarStream(), path, { whiteouts: "remove", ids: root.layers.ids });
    await writable.unmount();
    const merged = await root.layers.register(writable.tarStream(), base?.chainID);
    try {
      return await root.images.create(Buffer.from(JSON.stringify(squashedConfig(image, base, merged))));
    } finally {
      await root.layers.release(merged);
    }
  } finally {
    await root.layers.releaseRWLayer(name);
  }
}

async function layersAbove(root: ImageRoot, image: Image, base: Image | undefined): Promise<Layer[]> {
  if (image.chainID === undefined) return [];
  const top = root.layers.get(image.chainID);
  const layers: Layer[] = [];
  for (let layer: Layer | undefined = top; layer && layer.chainID !== base?.chainID; layer = layer.parent)
    layers.unshift(layer);
  await root.layers.release(top);
  return layers;
}

function squashedConfig(image: Image, base: Image | undefined, merged: Layer): ImageConfig {
  const created = new Date().toISOString();
  const own = base?.config.history?.length ?? 0;
  const history = (image.config.history ?? []).map((entry, i) =>
    i < own ? entry : { ...entry, empty_layer: true },
  );
  const comment = base ? `merge ${image.id} to ${base.id}` : `create new from ${image.id}`;
  return {
    ...image.config,
    created,
    history: [...history, { created, comment }],
    rootfs: { type: "layers", diff_ids: [...(base?.config.rootfs.diff_ids ?? []), merged.diffID] },
  };
}
