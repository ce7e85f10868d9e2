import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { posix } from "node:path";
import { errnoOf, notFound } from "../../../errors/errors.ts";
import { closeFd } from "../../../linux/fd.ts";
import { O_DIRECTORY, O_PATH, openInRoot } from "../../../linux/openat2.ts";
import type { Container } from "../container.ts";
import type { View } from "./view.ts";

/** Header X-Docker-Container-Path-Stat. */
export interface PathStat {
  name: string;
  size: number;
  /** As Go's os.FileMode has it. */
  mode: number;
  /** RFC 3339. */
  mtime: string;
  linkTarget: string;
}

/** A file found in a view: its folder is held open, so that nobody can put another in its place. */
export interface Located {
  parent: number;
  /** Path that cannot be led astray: the open folder, and one name in it. */
  path: string;
  /** Last part of the path that was asked for; "." for a folder's content. */
  base: string;
  stats: Stats;
  close(): void;
}

const fdPath = (fd: number) => `/proc/self/fd/${fd}`;

/** Finds a path; a link at its end is itself what is found, unless a slash follows. Errors: notFound. */
export function locate(view: View, container: Container, asked: string): Located {
  const content = asked.endsWith("/.") || asked === ".";
  try {
    if (content || asked.endsWith("/") || view.path === "/") return locateFolder(view, content, asked);
    const parent = openInRoot(view.root, posix.dirname(view.path), O_PATH | O_DIRECTORY);
    const base = posix.basename(view.path);
    const path = `${fdPath(parent)}/${base}`;
    try {
      return { parent, path, base, stats: lstatSync(path), close: () => closeFd(parent) };
    } catch (error) {
      closeFd(parent);
      throw error;
    }
  } catch (cause) {
    if (!["ENOENT", "ENOTDIR", "ELOOP", "EXDEV"].includes(errnoOf(cause) ?? "")) throw cause;
    throw notFound(
      `Could not find the file ${asked.replace(/(.)\/$/, "$1")} in container ${container.name}`,
      { cause },
    );
  }
}

function locateFolder(view: View, content: boolean, asked: string): Located {
  const parent = openInRoot(view.root, view.path, O_PATH | O_DIRECTORY);
  const base = content ? "." : view.path === "/" && asked !== "" ? "/" : posix.basename(view.path);
  const path = `${fdPath(parent)}/.`;
  return { parent, path, base, stats: lstatSync(path), close: () => closeFd(parent) };
}

/** Bits of Go's os.FileMode. */
const GO_MODE = {
  dir: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  char: 2 ** 21,
  sticky: 2 ** 20,
};

function goMode(stats: Stats): number {
  let mode = stats.mode & 0o777;
  if (stats.isDirectory()) mode += GO_MODE.dir;
  if (stats.isSymbolicLink()) mode += GO_MODE.symlink;
  if (stats.isBlockDevice()) mode += GO_MODE.device;
  if (stats.isCharacterDevice()) mode += GO_MODE.device + GO_MODE.char;
  if (stats.isFIFO()) mode += GO_MODE.fifo;
  if (stats.isSocket()) mode += GO_MODE.socket;
  if (stats.mode & 0o4000) mode += GO_MODE.setuid;
  if (stats.mode & 0o2000) mode += GO_MODE.setgid;
  if (stats.mode & 0o1000) mode += GO_MODE.sticky;
  return mode;
}

/** What the API tells of a file in a container. Errors: of the file system. */
export function pathStat(view: View, located: Located): PathStat {
  const { stats, base, path } = located;
  return {
    name: base,
    size: stats.size,
    mode: goMode(stats),
    mtime: stats.mtime.toISOString(),
    linkTarget: stats.isSymbolicLink() ? posix.resolve(posix.dirname(view.path), readlinkSync(path)) : "",
  };
}
