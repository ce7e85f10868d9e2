/**
 * Unpacks a tar into a directory, as a boundary of trust: no entry can make, change or read anything outside of it,
 * whatever links the archive holds, because every path is resolved with the directory as root.
 */

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { errnoOf, invalidArgument, messageOf, systemError } from "../errors/errors.ts";
import { hostOwner, type IDMap, type Owner } from "../linux/id-map.ts";
import { makeNode, S_IFCHR, setTimes, setXattr } from "../linux/inode.ts";
import { RootedPaths } from "./rooted-paths.ts";
import type { TarHeader } from "./tar/header.ts";
import { makeSpecial } from "./tar/on-disk.ts";
import { type TarObserver, TarReader } from "./tar/reader.ts";

export type Whiteouts = "overlay" | "overlay-user" | "remove" | "keep";

export interface UnpackOptions {
  /**
   * What a .wh. entry does: "overlay" makes the character device 0/0 or the opaque mark that overlayfs reads (in
   * user.overlay.* with "overlay-user"), "remove" takes the file away, "keep" unpacks it as the file it is.
   */
  whiteouts: Whiteouts;
  observer?: TarObserver;
  /** Owner of everything, instead of what the archive says. */
  owner?: { uid: number; gid: number };
  /** Owners in the archive are those of a user namespace. */
  ids?: IDMap | undefined;
  /**
   * Told of each file before its content, by the path where it is made; and the content is written in the background,
   * for a process that others wait for.
   */
  watch?(path: string, header: TarHeader): FileWatcher | undefined;
  /** Called for each entry before it is made; may throw to refuse it, or return false to leave it out. */
  filter?(header: TarHeader): boolean;
}

/** Somebody who reads a file while it is written. */
export interface FileWatcher {
  /** So many bytes are there, the last of them these, which are valid until it returns. */
  grown(size: number, piece: Uint8Array): void;
  finished(): void;
}

/** What overlayfs reads as "nothing below shows through". */
const OPAQUE_MARKS: Partial<Record<Whiteouts, string>> = {
  overlay: "trusted.overlay.opaque",
  "overlay-user": "user.overlay.opaque",
};
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const WHITEOUT_META = ".wh..wh.";

/** Resolves to the bytes written, as a layer's size counts them. Errors: dataLoss, invalidArgument for a hostile archive, system. */
export async function unpack(
  tar: AsyncIterable<Uint8Array>,
  root: string,
  options: UnpackOptions,
): Promise<number> {
  const unpacker = new Unpacker(root, options);
  try {
    const reader = new TarReader(tar, options.observer);
    for (let header = await reader.next(); header; header = await reader.next()) {
      await unpacker.add(header, reader);
    }
    unpacker.finish();
    return unpacker.bytes;
  } finally {
    unpacker.close();
  }
}

class Unpacker {
  bytes = 0;
  readonly #paths: RootedPaths;
  readonly #options: UnpackOptions;
  /** Times of folders, set last because filling a folder changes them. */
  readonly #folderTimes = new Map<string, number>();

  constructor(root: string, options: UnpackOptions) {
    this.#paths = new RootedPaths(root, { remember: !OPAQUE_MARKS[options.whiteouts] });
    this.#options = options;
  }

  close(): void {
    this.#paths.close();
  }

  async add(header: TarHeader, reader: TarReader): Promise<void> {
    const name = this.#paths.clean(header.name);
    if (this.#options.filter && !this.#options.filter(header)) return;
    if (name === "") {
      this.#root(header);
      return;
    }
    try {
      if (this.#options.whiteouts !== "keep" && this.#whiteout(name)) return;
      await this.#make(name, header, reader);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      throw systemError(`cannot unpack ${header.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  #root(header: TarHeader): void {
    if (header.type !== "directory")
      throw invalidArgument(`invalid tar entry ${JSON.stringify(header.name)}`);
    this.#attributes(this.#paths.root, header);
    this.#folderTimes.set(this.#paths.root, header.mtime);
  }

  /** True if the entry was a mark, and has been dealt with. */
  #whiteout(name: string): boolean {
    const slash = name.lastIndexOf("/");
    const base = name.slice(slash + 1);
    if (!base.startsWith(WHITEOUT)) return false;
    const parent = name.slice(0, Math.max(slash, 0));
    if (base === OPAQUE) this.#opaque(parent);
    else if (!base.startsWith(WHITEOUT_META)) this.#delete(parent, base.slice(WHITEOUT.length));
    return true;
  }

  #opaque(parent: string): void {
    const folder = this.#paths.folder(parent);
    const mark = OPAQUE_MARKS[this.#options.whiteouts];
    if (mark) setXattr(folder, mark, Buffer.from("y"));
    else this.#paths.emptyOfOlder(parent, folder);
  }

  #delete(parent: string, base: string): void {
    if (base === "" || base === "." || base === "..")
      throw invalidArgument(`invalid whiteout of ${JSON.stringify(base)}`);
    const path = `${this.#paths.folder(parent)}/${base}`;
    rmSync(path, { recursive: true, force: true });
    this.#paths.forget(parent === "" ? base : `${parent}/${base}`);
    if (OPAQUE_MARKS[this.#options.whiteouts]) makeNode(path, S_IFCHR, 0n);
  }

  async #make(name: string, header: TarHeader, reader: TarReader): Promise<void> {
    const path = this.#paths.place(name);
    if (header.type === "directory") return this.#directory(name, path, header);
    if (header.type === "file") {
      const fd = this.#fresh(name, path, () => openSync(path, "wx", 0o600));
      return this.#file(fd, path, header, reader);
    }
    if (header.type === "link") {
      const target = this.#paths.existing(header.linkname);
      return this.#fresh(name, path, () => linkSync(target, path));
    }
    this.#fresh(name, path, () => this.#special(path, header));
    this.#attributes(path, header);
    setTimes(path, header.mtime);
  }

  /** Makes something; what is there already goes. To ask first whether there is would cost a call a file. */
  #fresh<T>(name: string, path: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    if (lstatSync(path).isDirectory()) rmSync(path, { recursive: true });
    else unlinkSync(path);
    this.#paths.forget(name);
    return make();
  }

  #directory(name: string, path: string, header: TarHeader): void {
    try {
      mkdirSync(path, 0o700);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      if (!lstatSync(path).isDirectory()) {
        unlinkSync(path);
        this.#paths.forget(name);
        mkdirSync(path, 0o700);
      }
    }
    this.#paths.know(name, path);
    this.#attributes(path, header);
    this.#folderTimes.set(path, header.mtime);
  }

  #special(path: string, header: TarHeader): void {
    switch (header.type) {
      case "symlink":
        symlinkSync(header.linkname, path);
        // As stock's overlay2, which measures the folder: a link is as long as its target's name.
        if (OPAQUE_MARKS[this.#options.whiteouts]) this.bytes += Buffer.byteLength(header.linkname);
        break;
      case "char":
      case "block":
      case "fifo":
        makeSpecial(path, header);
        break;
    }
  }

  async #file(fd: number, path: string, header: TarHeader, reader: TarReader): Promise<void> {
    try {
      if (this.#options.watch) await this.#content(fd, reader, this.#options.watch(path, header));
      else await this.#contentHere(fd, reader);
      this.bytes += header.size;
      const { uid, gid } = this.#owner(header);
      fchownSync(fd, uid, gid);
      fchmodSync(fd, header.mode);
    } finally {
      closeSync(fd);
    }
    for (const [key, value] of header.xattrs) this.#xattr(path, key, value);
    setTimes(path, header.mtime);
  }

  async #contentHere(fd: number, reader: TarReader): Promise<void> {
    for (;;) {
      const chunk = reader.buffered() ?? (await reader.chunk());
      if (chunk === undefined) return;
      for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
    }
  }

  async #content(fd: number, reader: TarReader, watcher: FileWatcher | undefined): Promise<void> {
    let size = 0;
    for (let chunk = await reader.chunk(); chunk; chunk = await reader.chunk()) {
      for (let at = 0; at < chunk.length; )
        at += (await writePiece(fd, chunk, at, chunk.length - at, null)).bytesWritten;
      size += chunk.length;
      watcher?.grown(size, chunk);
    }
    watcher?.finished();
  }

  #owner(header: TarHeader): Owner {
    return this.#options.owner ?? hostOwner(this.#options.ids, header);
  }

  /** Owner before mode, because chown takes the setuid bit away; then xattrs, because it takes capabilities too. */
  #attributes(path: string, header: TarHeader): void {
    const { uid, gid } = this.#owner(header);
    lchownSync(path, uid, gid);
    if (header.type !== "symlink") chmodSync(path, header.mode);
    for (const [key, value] of header.xattrs) this.#xattr(path, key, value);
  }

  /** An image may not forge the marks of overlayfs, and a file system may lack some attributes. */
  #xattr(path: string, key: string, value: Uint8Array): void {
    if (key.startsWith("trusted.") || key.startsWith("user.overlay.")) return;
    try {
      setXattr(path, key, value);
    } catch (error) {
      if (errnoOf(error) !== "EOPNOTSUPP" && errnoOf(error) !== "EPERM") throw error;
    }
  }

  finish(): void {
    for (const [path, time] of [...this.#folderTimes].reverse()) if (statOf(path)) setTimes(path, time);
  }
}

const writePiece = promisify(write);

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
