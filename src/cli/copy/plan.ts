import { assertsFolder, splitEntry } from "./paths.ts";

/** What is copied. */
export interface Source {
  path: string;
  isFolder: boolean;
  /** The name to go by instead of the path's own; empty for that. */
  rebaseName: string;
}

/** Where it is copied to. */
export interface Target {
  path: string;
  exists: boolean;
  isFolder: boolean;
}

/** How an archive of the source becomes the target. */
export interface Plan {
  /** The folder to unpack the archive in. */
  folder: string;
  /** The name of the archive's root. */
  name: string;
}

/**
 * Into a folder that is there, the source goes under its own name; else it becomes what the target is called, which
 * takes the last name of the target's path. Errors: in the words of the docker client.
 */
export function planCopy(source: Source, target: Target): Plan {
  const { folder, base } = splitEntry(target.path);
  const name = source.rebaseName || splitEntry(source.path).base;
  if (target.exists && target.isFolder) return { folder: target.path, name };
  if (target.exists && source.isFolder) throw new Error("cannot copy directory");
  if (!target.exists && !source.isFolder && assertsFolder(target.path)) throw new Error("no such directory");
  return { folder, name: base };
}
