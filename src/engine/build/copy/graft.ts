import type { TarHeader } from "../../../archive/tar/header.ts";
import { encodeHeader, padding } from "../../../archive/tar/writer.ts";
import { baseName, joinPath, type SourceTree, type TreeEntry } from "../tree/tree.ts";

/** All that is in a folder of a source, as the content of a folder of the layer. It is looked at when it is written. */
export interface Graft {
  tree: SourceTree;
  folder: TreeEntry;
  /** What becomes of an entry's header: its owner, its mode. */
  change(header: TarHeader): TarHeader;
}

/** As stock's layers have them: times without fractions, and links without a mode of their own. */
export function layerHeader(header: TarHeader, name: string): TarHeader {
  const mode = header.type === "symlink" ? 0o777 : header.mode;
  return { ...header, name, mode, mtime: Math.floor(header.mtime) };
}

/** The entries, below `path` of the layer, names sorted; further names of a file are links to its first. */
export async function* graftContents(graft: Graft, path: string): AsyncGenerator<Uint8Array, void, void> {
  yield* contents(graft, graft.folder, path, new Map());
}

async function* contents(
  graft: Graft,
  folder: TreeEntry,
  path: string,
  links: Map<string, string>,
): AsyncGenerator<Uint8Array, void, void> {
  const { tree, change } = graft;
  for (const entry of tree.children(folder)) {
    const full = joinPath(path, baseName(entry.path));
    const first = entry.inode === undefined ? undefined : links.get(entry.inode);
    const header = layerHeader(change(entry.header), full);
    if (first !== undefined) {
      yield encodeHeader({ ...header, type: "link", linkname: first, size: 0 });
      continue;
    }
    if (entry.inode !== undefined) links.set(entry.inode, full);
    yield encodeHeader(header);
    if (header.type === "file") {
      yield* tree.read(entry);
      if (header.size > 0) yield padding(header.size);
    } else if (header.type === "directory") yield* contents(graft, entry, full, links);
  }
}
