import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from "node:fs";
import { NO_XATTRS, type TarHeader, type TarType } from "../../../archive/tar/header.ts";
import { headerOnDisk, typeOnDisk } from "../../../archive/tar/on-disk.ts";
import { errnoOf, invalidArgument } from "../../../errors/errors.ts";
import { containerOwner, type IDMap } from "../../../linux/id-map.ts";
import { getXattr } from "../../../linux/inode.ts";
import { EntryHash, type HostNames, hashedOnDisk, hostNames } from "./hash.ts";
import { resolvePath } from "./resolve.ts";
import { joinPath, type SourceTree, type TreeEntry } from "./tree.ts";

const CHUNK = 1 << 20;
const O_NOFOLLOW = 0o400000;
/** Sums that are remembered, because links lead to one file again and again. */
const KNOWN_DIGESTS = 4096;

/** A folder on disk that nobody else changes: a mounted stage or image, a checkout. */
export class FolderTree implements SourceTree {
  readonly root: string;
  readonly #digests = new Map<string, Promise<string>>();
  readonly #ids: IDMap | undefined;
  #names: HostNames | undefined;

  /** Files belong to the ids that `ids` maps those of containers to. */
  constructor(root: string, ids?: IDMap) {
    this.root = root;
    this.#ids = ids;
  }

  #full(path: string): string {
    return path === "" ? this.root : `${this.root}/${path}`;
  }

  /** Where a path leads below the root; what is not there is taken as written. */
  resolve(path: string, follow: boolean): string {
    return resolvePath((one) => placeOf(this.root, one), path, follow);
  }

  find(path: string, follow: boolean): TreeEntry | undefined {
    const resolved = this.resolve(path, follow);
    const stat = statOf(this.root, resolved);
    return stat ? this.#entry(resolved, stat) : undefined;
  }

  #entry(path: string, stat: Stats): TreeEntry | undefined {
    if (typeOnDisk(stat) === undefined) return undefined;
    const inode = stat.isFile() && stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined;
    const full = this.#full(path);
    const header = headerOnDisk(full, path, stat, xattrsOf(full, stat));
    return { path, header: { ...header, ...containerOwner(this.#ids, stat) }, inode };
  }

  *children(folder: TreeEntry): Generator<TreeEntry> {
    for (const name of readdirSync(this.#full(folder.path)).sort()) {
      const path = joinPath(folder.path, name);
      const entry = this.#entry(path, lstatSync(this.#full(path)));
      if (entry) yield entry;
    }
  }

  async *read(entry: TreeEntry): AsyncGenerator<Uint8Array> {
    const fd = openSync(this.#full(entry.path), O_NOFOLLOW);
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(entry.header.size, 512)));
        const got = readSync(fd, chunk);
        if (got === 0) return;
        yield chunk.subarray(0, got);
      }
    } finally {
      closeSync(fd);
    }
  }

  digest(entry: TreeEntry): Promise<string> {
    const known = this.#digests.get(entry.path);
    if (known) return known;
    const digest = this.#compute(entry);
    if (this.#digests.size >= KNOWN_DIGESTS) this.#digests.clear();
    this.#digests.set(entry.path, digest);
    return digest;
  }

  async #compute(entry: TreeEntry): Promise<string> {
    this.#names ??= hostNames();
    const hash = new EntryHash(hashedOnDisk(entry.path, entry.header, this.#names));
    if (entry.header.type === "file" && entry.header.size > 0)
      for await (const chunk of this.read(entry)) hash.update(chunk);
    return hash.hex();
  }
}

/** Errors: invalidArgument for what is below a file. */
function statOf(root: string, path: string): Stats | undefined {
  try {
    return lstatSync(path === "" ? root : `${root}/${path}`, { throwIfNoEntry: false });
  } catch (cause) {
    if (errnoOf(cause) !== "ENOTDIR") throw cause;
    throw invalidArgument(`lstat /${path}: not a directory`, { cause });
  }
}

function placeOf(root: string, path: string): { type: TarType; linkname: string } | undefined {
  const stat = statOf(root, path);
  if (!stat) return undefined;
  return stat.isSymbolicLink()
    ? { type: "symlink", linkname: readlinkSync(`${root}/${path}`) }
    : { type: stat.isDirectory() ? "directory" : "file", linkname: "" };
}

function xattrsOf(path: string, stat: Stats): TarHeader["xattrs"] {
  const capability = stat.isFile() ? getXattr(path, "security.capability") : undefined;
  return capability ? new Map([["security.capability", capability]]) : NO_XATTRS;
}
