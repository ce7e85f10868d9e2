import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { isOpaque, isWhiteout } from "../../archive/pack.ts";
import { type Change, ChangeKind } from "../driver.ts";

/** What a layer's own folder says against the folders of the layers below, sorted by path. */
export function overlayChanges(diff: string, lower: string[]): Change[] {
  const changes: Change[] = [];
  walk("", diff, lower, changes);
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `lower` holds the folders below in which `path` is still visible. Returns true if anything under it changed. */
function walk(path: string, diff: string, lower: string[], changes: Change[]): boolean {
  let any = false;
  for (const name of readdirSync(join(diff, path))) {
    const child = `${path}/${name}`;
    const stat = lstatSync(join(diff, child));
    const before = lookup(child, lower);
    if (isWhiteout(stat)) {
      if (before) changes.push({ path: child, kind: ChangeKind.deleted });
      any ||= before !== undefined;
      continue;
    }
    const inside = stat.isDirectory() && walk(child, diff, visible(child, diff, lower), changes);
    if (!before) changes.push({ path: child, kind: ChangeKind.added });
    else if (inside || !stat.isDirectory() || differs(stat, before))
      changes.push({ path: child, kind: ChangeKind.modified });
    else continue;
    any = true;
  }
  return any;
}

/** Nothing shows through an opaque folder. */
function visible(path: string, diff: string, lower: string[]): string[] {
  return isOpaque(join(diff, path)) ? [] : lower;
}

function lookup(path: string, lower: string[]): Stats | undefined {
  for (const folder of lower) {
    const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (stat) return isWhiteout(stat) ? undefined : stat;
    if (hidden(path, folder)) return undefined;
  }
  return undefined;
}

/** True if a folder on the way to `path` is opaque, deleted, or no folder at all in this layer. */
function hidden(path: string, folder: string): boolean {
  const parts = path.split("/").slice(1, -1);
  let at = folder;
  for (const part of parts) {
    at = join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) return false;
    if (!stat.isDirectory() || isOpaque(at)) return true;
  }
  return false;
}

function differs(a: Stats, b: Stats): boolean {
  return a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.mtimeMs !== b.mtimeMs;
}
