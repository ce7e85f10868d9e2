import type { TarHeader } from "../../../archive/tar/header.ts";

/** A file, folder or link of a tree. */
export interface TreeEntry {
  /** "a/b"; "" for the root. */
  path: string;
  /** Everything about it but its name. */
  header: TarHeader;
  /** The same for all names of one file; undefined if it has one name only. */
  inode: string | undefined;
}

/**
 * What COPY and ADD take files from: the build's context, a stage, an image, something downloaded. Links lead nowhere
 * outside of the tree: its root is their "/".
 */
export interface SourceTree {
  /** `follow`: a link at the end of the path is followed, as those on the way always are. Errors: invalidArgument (loop). */
  find(path: string, follow: boolean): TreeEntry | undefined;
  /** Sorted by name, made one by one. */
  children(folder: TreeEntry): Iterable<TreeEntry>;
  read(entry: TreeEntry): AsyncIterable<Uint8Array>;
  /** Hex of what stock calls the tar sum (version 1): header without times, then content. */
  digest(entry: TreeEntry): Promise<string>;
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 0));
export const joinPath = (folder: string, name: string): string =>
  folder === "" ? name : `${folder}/${name}`;

/** All that is below a folder, depth first, sorted; the folder itself is left out. */
export function* walkTree(tree: SourceTree, folder: TreeEntry): Generator<TreeEntry> {
  for (const child of tree.children(folder)) {
    yield child;
    if (child.header.type === "directory") yield* walkTree(tree, child);
  }
}
