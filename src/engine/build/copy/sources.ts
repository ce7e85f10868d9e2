import { posix } from "node:path";
import { turn } from "../../../archive/turn.ts";
import { invalidArgument, notFound } from "../../../errors/errors.ts";
import { DigestList } from "../tree/digest-list.ts";
import { sha256 } from "../tree/hash.ts";
import { baseName, parentOf, type SourceTree, type TreeEntry, walkTree } from "../tree/tree.ts";
import { globToRegExp, hasWildcards } from "./wildcards.ts";

/** One thing to be copied. */
export interface CopySource {
  tree: SourceTree;
  /** Links at its end are followed: what they lead to is copied. */
  entry: TreeEntry;
  /** As it was written; its last part is the name in a destination folder. */
  path: string;
  /** "file:<hex>" or "dir:<hex>". */
  hash: string;
  /** ADD unpacks it if it is an archive. */
  mayUnpack: boolean;
}

export interface FindOptions {
  /** The tree is the build's context. */
  isContext: boolean;
  /** Where sums that are too many for the memory wait. */
  temporary: string;
}

/** Finds what COPY and ADD name, wildcards included. Errors: in stock's words, without "COPY failed". */
export async function findSources(
  tree: SourceTree,
  path: string,
  { isContext, temporary }: FindOptions,
): Promise<CopySource[]> {
  const clean = cleanSource(path);
  if (hasWildcards(clean)) return findByPattern(tree, clean, { isContext, temporary });
  if (isContext && posix.normalize(clean).startsWith(".."))
    throw invalidArgument(`forbidden path outside the build context: ${path} ()`);
  const entry = tree.find(clean, true);
  if (!entry) throw missing(clean, isContext);
  return [await sourceOf(tree, clean, entry, temporary)];
}

function missing(path: string, isContext: boolean): Error {
  const where = isContext ? "file not found in build context or excluded by .dockerignore: " : "";
  return notFound(`${where}stat ${path}: file does not exist`);
}

const cleanSource = (path: string): string =>
  (path.length > 1 ? path.replace(/^\//, "") : path).replace(/^\.\//, "");

async function sourceOf(
  tree: SourceTree,
  path: string,
  entry: TreeEntry,
  temporary: string,
): Promise<CopySource> {
  const hash =
    entry.header.type === "directory"
      ? await folderHash(tree, entry, temporary)
      : `file:${await tree.digest(entry)}`;
  return { tree, entry, path, hash, mayUnpack: true };
}

async function folderHash(tree: SourceTree, folder: TreeEntry, temporary: string): Promise<string> {
  const digests = new DigestList({ folder: temporary });
  if (folder.path !== "") digests.add(await tree.digest(folder));
  for (const entry of walkTree(tree, folder)) {
    const target = followed(tree, entry);
    const digest = target && (await tree.digest(target));
    // What has no sum counts with the path by which it was found.
    digests.add(digest === undefined || digest === target?.path ? entry.path : digest);
    await turn();
  }
  return `dir:${await digests.sum()}`;
}

/** Stock sums what a link leads to; one that leads nowhere counts with its path. */
function followed(tree: SourceTree, entry: TreeEntry): TreeEntry | undefined {
  return entry.header.type === "symlink" ? tree.find(entry.path, true) : entry;
}

/** Each file and folder that matches; what lies in a matching folder does not match by itself. */
async function findByPattern(
  tree: SourceTree,
  pattern: string,
  { isContext, temporary }: FindOptions,
): Promise<CopySource[]> {
  const regexp = globToRegExp(posix.normalize(pattern));
  const root = tree.find("", true);
  if (!root) return [];
  const found: CopySource[] = [];
  for (const entry of walkTree(tree, root)) {
    await turn();
    if (!regexp.test(entry.path)) continue;
    const target = followed(tree, entry);
    if (!target) throw missing(entry.path, isContext);
    found.push(await sourceOf(tree, entry.path, target, temporary));
  }
  return found;
}

/** What the sources are together, for cache and history. */
export function hashOf(sources: readonly CopySource[]): string {
  if (sources.length === 1) return sources[0]!.hash;
  return `multi:${sha256(sources.map(({ hash }) => hash).join(","))}`;
}

/** With COPY --parents: the folders to keep, those after "/./" if that is in the path. */
export function keptParents(path: string): string {
  const pivot = path.indexOf("/./");
  return parentOf(pivot < 0 ? posix.normalize(path) : posix.normalize(path.slice(pivot + 3)));
}

export const nameOf = (source: CopySource): string => baseName(posix.normalize(source.path));
