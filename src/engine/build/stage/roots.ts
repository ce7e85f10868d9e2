import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ImageRoot } from "../../../images/open.ts";
import type { Image } from "../../../images/types.ts";
import type { OpenedRoot } from "../steps/context.ts";
import { FolderTree } from "../tree/folder-tree.ts";

/** The file system of a stage that has none: an empty folder below `temporary`. */
export function openEmptyRoot(temporary: string): OpenedRoot {
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(temporary, "empty-"));
  return { tree: new FolderTree(folder), close: async () => rmSync(folder, { recursive: true }) };
}

/** Mounts an image's file system for looking at. What is written to it is gone with it. */
export async function openImageRoot({ layers }: ImageRoot, image: Image): Promise<OpenedRoot> {
  const name = `build-${crypto.randomUUID()}`;
  const layer = await layers.createRWLayer(name, image.chainID);
  try {
    const tree = new FolderTree(await layer.mount(), layers.ids);
    return {
      tree,
      async close() {
        await layer.unmount();
        await layers.releaseRWLayer(name);
      },
    };
  } catch (error) {
    await layers.releaseRWLayer(name);
    throw error;
  }
}
