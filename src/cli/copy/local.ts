import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { linkTarget, rebase, splitEntry } from "./paths.ts";
import type { Source, Target } from "./plan.ts";

const MOST_LINKS = 10;

const WORDS: Record<string, string> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ELOOP: "too many levels of symbolic links",
};

/** Runs a look at the file system; its failure in stock's words. */
function look<T>(call: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = errnoOf(error) ?? "";
    if (code === "ENOTDIR") throw new Error("not a directory");
    const words = WORDS[code];
    throw words ? new Error(`${call} ${code === "ENOENT" ? firstMissing(path) : path}: ${words}`) : error;
  }
}

/** The first folder on the way that is not there, or the path itself. */
function firstMissing(path: string): string {
  const parent = dirname(path);
  const there = parent === path || statSync(parent, { throwIfNoEntry: false }) !== undefined;
  return there ? path : firstMissing(parent);
}

/**
 * What of ours is to be copied. Links on the way are followed; the last one only with `follow`, or when the path ends
 * in a slash.
 */
export function localSource(path: string, follow: boolean): Source {
  const { path: resolved, name } = follow ? rebase(path, followed(path)) : resolveParent(path);
  const isFolder = look("lstat", resolved, () => lstatSync(resolved)).isDirectory();
  return { path: resolved, isFolder, rebaseName: name };
}

/** The end of all links; what is missing is named, not the link to it. */
function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    const stat = statOf(path);
    if (stat?.isSymbolicLink()) return followed(linkTarget(path, readlinkSync(path)));
    throw new Error(`lstat ${firstMissing(path)}: no such file or directory`);
  }
}

function resolveParent(path: string): { path: string; name: string } {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, slash) || "/";
  const parent = look("lstat", folder, () => realpathSync(folder));
  const resolved = `${parent === "/" ? "" : parent}/${path.slice(slash + 1)}`;
  const renamed = path.endsWith("/") && basename(path) !== basename(resolved);
  return { path: resolved, name: renamed ? basename(path) : "" };
}

/** Where of ours to copy to: links are followed to their end, which need not be there if its folder is. */
export function localTarget(path: string): Target {
  let at = path;
  let stat = statOf(at);
  for (let links = 0; stat?.isSymbolicLink(); links++) {
    if (links > MOST_LINKS) throw new Error(`too many symlinks in ${path}`);
    at = linkTarget(at, readlinkSync(at.replace(/\/$/, "")));
    stat = statOf(at);
  }
  if (stat) return { path: at, exists: true, isFolder: stat.isDirectory() };
  const { folder } = splitEntry(at);
  if (!look("stat", folder, () => statSync(folder)).isDirectory()) throw new Error("not a directory");
  return { path: at, exists: false, isFolder: false };
}

function statOf(path: string): Stats | undefined {
  return look("lstat", path, () => lstatSync(path, { throwIfNoEntry: false }));
}

/** Refuses to copy onto a device, or into a folder that is not there, before the engine is asked. */
export function checkOutputPath(path: string): void {
  const folder = dirname(path);
  if (folder !== "." && !statSync(folder, { throwIfNoEntry: false }))
    throw new Error(`invalid output path: directory ${JSON.stringify(folder)} does not exist`);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isCharacterDevice() || there?.isBlockDevice())
    throw new Error(`invalid output path: "${path}" must be a directory or a regular file: got a device`);
}
