import { closeSync, constants, lstatSync, openSync, readdirSync, readSync, type Stats } from "node:fs";
import { containerOwner, type IDMap } from "../linux/id-map.ts";
import { getXattr, listXattrs } from "../linux/inode.ts";
import { NO_XATTRS } from "./tar/header.ts";
import { headerOnDisk, typeOnDisk } from "./tar/on-disk.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "./tar/writer.ts";
import { turn } from "./turn.ts";

export interface PackOptions {
  /** Name of the root in the archive; "" leaves the root itself out and names its content directly. */
  name?: string;
  /** "overlay" turns overlayfs's marks into .wh. entries. */
  whiteouts?: "overlay" | "keep";
  /** The archive shall name owners as a user namespace sees them. */
  ids?: IDMap | undefined;
}

const CHUNK = 256 << 10;

const O_PATH_FOLDER = 0o10000000 | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A directory, or a single file, as a tar: names sorted, hard links kept, sockets left out. Never follows a link, also
 * when a container changes the tree meanwhile: each folder is held open while what is in it is read.
 */
export async function* pack(root: string, options: PackOptions = {}): AsyncGenerator<Uint8Array> {
  const packer = new Packer(options.whiteouts === "overlay", options.ids);
  yield* packer.entry(root, options.name ?? "");
  yield END_OF_ARCHIVE;
}

/**
 * Packs files and folders one by one, without what is in the folders, and without the end of the archive. What has
 * several names among them is a hard link from the second on.
 */
export function entryPacker(ids?: IDMap): (path: string, name: string) => AsyncGenerator<Uint8Array> {
  const packer = new Packer(false, ids);
  return (path, name) => packer.one(path, name, lstatSync(path));
}

class Packer {
  readonly #overlay: boolean;
  readonly #ids: IDMap | undefined;
  /** Inode → name in the archive, for hard links. */
  readonly #links = new Map<string, string>();

  constructor(overlay: boolean, ids: IDMap | undefined) {
    this.#overlay = overlay;
    this.#ids = ids;
  }

  async *entry(path: string, name: string): AsyncGenerator<Uint8Array> {
    const stat = lstatSync(path);
    if (this.#overlay && isWhiteout(stat)) {
      const slash = name.lastIndexOf("/") + 1;
      yield encodeHeader(
        tarHeader({ name: `${name.slice(0, slash)}.wh.${name.slice(slash)}`, type: "file", mode: 0 }),
      );
      return;
    }
    if (name !== "") yield* this.one(path, name, stat);
    if (!stat.isDirectory()) return;
    if (this.#overlay && isOpaque(path)) {
      yield encodeHeader(
        tarHeader({ name: `${name === "" ? "" : `${name}/`}.wh..wh..opq`, type: "file", mode: 0 }),
      );
    }
    const fd = openSync(path, O_PATH_FOLDER);
    try {
      const folder = `/proc/self/fd/${fd}`;
      for (const child of readdirSync(folder).sort()) {
        const gone = lstatSync(`${folder}/${child}`, { throwIfNoEntry: false }) === undefined;
        const waiting = turn();
        if (waiting) await waiting;
        if (!gone) yield* this.entry(`${folder}/${child}`, name === "" ? child : `${name}/${child}`);
      }
    } finally {
      closeSync(fd);
    }
  }

  async *one(path: string, name: string, stat: Stats): AsyncGenerator<Uint8Array> {
    const type = typeOnDisk(stat);
    if (type === undefined) return;
    const inode = `${stat.dev}:${stat.ino}`;
    const first = stat.isFile() && stat.nlink > 1 ? this.#links.get(inode) : undefined;
    const xattrs = type === "symlink" ? NO_XATTRS : xattrsOf(path);
    const header = { ...headerOnDisk(path, name, stat, xattrs), ...containerOwner(this.#ids, stat) };
    if (first !== undefined) {
      yield encodeHeader({ ...header, type: "link", linkname: first, size: 0 });
      return;
    }
    if (stat.isFile() && stat.nlink > 1) this.#links.set(inode, name);
    yield encodeHeader(header);
    if (type === "file") yield* content(path, header.size);
  }
}

/** Exactly as many bytes as the header said, even if the file changes meanwhile. */
async function* content(path: string, size: number): AsyncGenerator<Uint8Array> {
  const fd = openSync(path, 0o400000);
  try {
    for (let left = size; left > 0; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left));
      const got = readSync(fd, chunk);
      if (got === 0) chunk.fill(0);
      const part = got === 0 ? chunk : chunk.subarray(0, got);
      left -= part.length;
      yield part;
      const waiting = turn();
      if (waiting) await waiting;
    }
  } finally {
    closeSync(fd);
  }
  yield padding(size);
}

const isKept = (name: string): boolean =>
  name === "security.capability" ||
  (name.startsWith("user.") && !name.startsWith("user.overlay.") && !name.startsWith("user.fuseoverlayfs."));

/** Capabilities and what users set, but no marks of a storage driver. */
function xattrsOf(path: string): Map<string, Uint8Array> {
  const names = listXattrs(path).filter((name) => isKept(name));
  return new Map(
    names.flatMap((name) => {
      const value = getXattr(path, name);
      return value ? [[name, value] as const] : [];
    }),
  );
}

export const isWhiteout = (stat: Stats): boolean => stat.isCharacterDevice() && stat.rdev === 0;

export const isOpaque = (path: string): boolean =>
  getXattr(path, "trusted.overlay.opaque")?.toString() === "y";
