/**
 * A container has files that its image does not have: places for mounts, and names. Whoever wants the image's files, and
 * has them from a container, has to know which.
 */

import type { TarHeader } from "../../archive/tar/header.ts";
import { TarReader } from "../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding } from "../../archive/tar/writer.ts";

const MADE = [".dockerenv", "dev", "dev/console", "dev/pts", "dev/shm", "etc", "etc/hostname"].concat([
  "etc/hosts",
  "etc/mtab",
  "etc/resolv.conf",
  "proc",
  "sys",
]);
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** Manifests are shorter, bytes. */
const LONGEST_MANIFEST = 8 * 1024 * 1024;

/** What a layer says of the paths that containers have. */
interface LayerPaths {
  has: Set<string>;
  /** Paths that it takes away, and folders that it empties. */
  removes: Set<string>;
  empties: Set<string>;
}

const clean = (name: string): string => name.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");

/** Which of the paths that every container has an image, as `docker save` gives it, does not have. Errors: dataLoss. */
export async function madePaths(archive: AsyncIterable<Uint8Array>): Promise<Set<string>> {
  const layers = new Map<string, LayerPaths>();
  const links = new Map<string, string>();
  let order: string[] = [];
  const reader = new TarReader(archive);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const { name, type, linkname } = header;
    if (type === "symlink" || type === "link") links.set(name, linkname.replace(/^\.\.\//, ""));
    else if (name === "manifest.json") order = layersIn(await textOf(header, reader));
    else if (type === "file" && header.size > 0) {
      const paths = await layerPaths(reader);
      if (paths) layers.set(name, paths);
    }
  }
  const ordered = order.flatMap((name) => layers.get(links.get(name) ?? name) ?? []);
  return new Set(MADE.filter((path) => !isThere(path, ordered)));
}

function layersIn(manifest: string): string[] {
  const [image] = JSON.parse(manifest) as { Layers: string[] | null }[];
  return image?.Layers ?? [];
}

async function textOf(header: TarHeader, reader: TarReader): Promise<string> {
  if (header.size > LONGEST_MANIFEST) throw new Error(`the engine's manifest has ${header.size} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.body()) chunks.push(new Uint8Array(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** undefined for what is no layer. */
async function layerPaths(outer: TarReader): Promise<LayerPaths | undefined> {
  const paths: LayerPaths = { has: new Set(), removes: new Set(), empties: new Set() };
  const inner = new TarReader(outer.body());
  try {
    for (let header = await inner.next(); header; header = await inner.next())
      notePath(paths, clean(header.name));
    return paths;
  } catch {
    return undefined;
  }
}

function notePath({ has, removes, empties }: LayerPaths, name: string): void {
  const slash = name.lastIndexOf("/");
  const [folder, base] = [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
  if (base === OPAQUE) empties.add(folder);
  else if (base.startsWith(WHITEOUT))
    removes.add(folder === "" ? base.slice(4) : `${folder}/${base.slice(4)}`);
  else for (const path of MADE) if (name === path || name.startsWith(`${path}/`)) has.add(path);
}

function isThere(path: string, layers: readonly LayerPaths[]): boolean {
  const parts = path.split("/");
  const above = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
  let there = false;
  for (const { has, removes, empties } of layers) {
    if (above.some((one) => removes.has(one)) || ["", ...above.slice(0, -1)].some((one) => empties.has(one)))
      there = false;
    there ||= has.has(path);
  }
  return there;
}

/** An archive without some of its entries. */
export async function* withoutPaths(
  tar: AsyncIterable<Uint8Array>,
  paths: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    if (paths.has(clean(header.name))) continue;
    yield encodeHeader(header);
    yield* reader.body();
    yield padding(header.size);
  }
  yield END_OF_ARCHIVE;
}
