/**
 * Layers of drivers that newer kernels, or Docker itself, have given up: they cannot be mounted any more, but they are
 * plain folders, so that images and containers can be brought over to another driver (`dockerd migrate`).
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import { notFound } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import { ALWAYS_WITHIN_REACH, type StorageDriver } from "../driver.ts";

/** What can be done with layers that are only read, and at last removed. */
export type LayerSource = Pick<
  StorageDriver,
  "name" | "access" | "openFile" | "diff" | "list" | "remove" | "cleanup"
>;

interface Places {
  name: string;
  /** The folder that has an entry for each layer. */
  layers: string;
  /** A layer's own files. */
  files(id: string): string;
  /** All folders of a layer. */
  folders(id: string): string[];
  whiteouts: "overlay" | "keep";
}

/** <root>/aufs/{diff,layers,mnt}/<id>; deletions are .wh. files, as in a layer's tar. */
export function aufsLayers(root: string): LayerSource {
  const at = (kind: string, id: string) => join(root, "aufs", kind, id);
  return layersIn({
    name: "aufs",
    layers: join(root, "aufs/diff"),
    files: (id) => at("diff", id),
    folders: (id) => ["layers", "mnt", "diff"].map((kind) => at(kind, id)),
    whiteouts: "keep",
  });
}

/** <root>/overlay/<id>: an image's layer is a whole tree in root/, a container's has upper/. */
export function overlayLayers(root: string): LayerSource {
  const folder = (id: string) => join(root, "overlay", id);
  const files = (id: string) => ["root", "upper"].map((name) => join(folder(id), name)).find(existsSync);
  return layersIn({
    name: "overlay",
    layers: join(root, "overlay"),
    files: (id) => files(id) ?? folder(id),
    folders: (id) => [folder(id)],
    whiteouts: "overlay",
  });
}

function layersIn(places: Places): LayerSource {
  const require = (id: string): string => {
    const path = places.files(id);
    if (!existsSync(path)) throw notFound(`storage layer ${id}: not found in ${places.layers}`);
    return path;
  };
  return {
    name: places.name,
    access: async () => ALWAYS_WITHIN_REACH,
    openFile(id, name) {
      const root = openRoot(require(id));
      try {
        return openInRoot(root, name, 0);
      } finally {
        closeFd(root);
      }
    },
    diff: (id) => pack(require(id), { whiteouts: places.whiteouts }),
    list: async () => (existsSync(places.layers) ? readdirSync(places.layers) : []),
    async cleanup() {},
    async remove(id) {
      for (const folder of places.folders(id)) rmSync(folder, { recursive: true, force: true });
    },
  };
}
