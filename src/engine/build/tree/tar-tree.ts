import { closeSync, readSync, writeSync } from "node:fs";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { TarReader } from "../../../archive/tar/reader.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";
import { turn } from "../../../archive/turn.ts";
import { cancelled, invalidArgument } from "../../../errors/errors.ts";
import { type Entry, EntryTable, ROOT } from "./entry-table.ts";
import { EntryHash, hashedOnDisk } from "./hash.ts";
import { type Place, resolvePath } from "./resolve.ts";
import { openSpool } from "./spool.ts";
import { baseName, joinPath, parentOf, type SourceTree, type TreeEntry } from "./tree.ts";

const CHUNK = 1 << 20;
/** The kernel takes no longer ones. */
const PATH_MAX = 4096;
/** Folders whose numbers are remembered. */
const KNOWN_FOLDERS = 1024;

export interface TarTreeOptions {
  /** Where the spool lies. */
  folder: string;
  signal: AbortSignal;
  /** The archive may hold device nodes. */
  devices?: boolean;
}

/** Marks, in place of the offset, a folder that the archive does not name itself. */
const MADE = -1;

const now = (): number => Math.floor(Date.now() / 1000);
const madeFolder = (): TarHeader => tarHeader({ name: "", type: "directory", mtime: now() });

/**
 * An archive as a tree, without unpacking: contents lie one after the other in a file that has no name, headers and
 * sums in a table in another one. Nothing that an archive says can make the engine write anywhere else.
 */
export class TarTree implements SourceTree {
  readonly #entries: EntryTable;
  readonly #fd: number;
  /** Path → number, of folders that were asked for before. */
  readonly #folders = new Map<string, number>();
  readonly #root: Entry;
  #end = 0;
  readonly #devices: boolean;

  private constructor(folder: string, devices = false) {
    this.#fd = openSpool(folder);
    try {
      this.#entries = new EntryTable(folder);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
    this.#devices = devices;
    this.#root = { header: madeFolder(), folder: ROOT, offset: MADE, digest: undefined, inode: undefined };
  }

  /** Reads a plain tar. Errors: dataLoss, invalidArgument, cancelled. */
  static read(tar: AsyncIterable<Uint8Array>, options: TarTreeOptions): Promise<TarTree> {
    return TarTree.#filled(options, (tree) => tree.#load(tar, options.signal));
  }

  /** A tree of one file, whose size is known when it has come. Errors: the stream's, cancelled. */
  static ofStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: TarTreeOptions & { mtime: number },
  ): Promise<TarTree> {
    return TarTree.#filled(options, async (tree) => {
      for await (const chunk of bytes) {
        if (options.signal.aborted) throw cancelled("build was cancelled");
        tree.#write(chunk);
      }
      const { mtime } = options;
      tree.#putFile(tarHeader({ name, type: "file", size: tree.#end, mode: 0o600, mtime }), 0);
    });
  }

  static async #filled(options: TarTreeOptions, fill: (tree: TarTree) => Promise<void>): Promise<TarTree> {
    const tree = new TarTree(options.folder, options.devices === true);
    try {
      await fill(tree);
      return tree;
    } catch (error) {
      tree.close();
      throw error;
    }
  }

  /** A tree of given files, without an archive. */
  static of(files: Record<string, Uint8Array | string>, folder: string): TarTree {
    const tree = new TarTree(folder);
    for (const [name, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      const offset = tree.#write(bytes);
      tree.#putFile(tarHeader({ name, type: "file", size: bytes.length, mtime: now() }), offset);
    }
    return tree;
  }

  close(): void {
    this.#entries.close();
    closeSync(this.#fd);
  }

  #write(bytes: Uint8Array): number {
    const start = this.#end;
    for (let at = 0; at < bytes.length; ) {
      const wrote = writeSync(this.#fd, bytes, at, bytes.length - at, this.#end);
      at += wrote;
      this.#end += wrote;
    }
    return start;
  }

  async #load(tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const reader = new TarReader(tar);
    for (let header = await reader.next(); header; header = await reader.next()) {
      if (signal.aborted) throw cancelled("build was cancelled");
      const name = cleanName(header.name);
      const offset = this.#end;
      const hash = header.size > 0 ? new EntryHash(hashedOnDisk(name, header)) : undefined;
      if (hash) {
        for await (const chunk of reader.body()) {
          hash.update(chunk);
          this.#write(chunk);
        }
      }
      if (name !== "") this.#add(name, header, offset, hash?.hex());
      await turn();
    }
  }

  #add(name: string, header: TarHeader, offset: number, digest: string | undefined): void {
    if (!this.#devices && (header.type === "char" || header.type === "block")) {
      throw invalidArgument(
        `the build context has a device in it: ${JSON.stringify(name)}. Leave it out by .dockerignore`,
      );
    }
    if (header.type === "link") return this.#addLink(name, header.linkname);
    const bytes = digest === undefined ? undefined : Buffer.from(digest, "hex");
    this.#put(name, { header, folder: 0, offset, digest: bytes, inode: undefined });
  }

  #putFile(header: TarHeader, offset: number): void {
    this.#put(header.name, { header, folder: 0, offset, digest: undefined, inode: undefined });
  }

  #addLink(name: string, linkname: string): void {
    const path = this.#resolve(linkname, false);
    const target = this.#entry(path);
    const refused = (why: string) =>
      invalidArgument(
        `invalid tar entry ${JSON.stringify(name)}: a hard link to ${JSON.stringify(linkname)}, which is ${why}`,
      );
    if (!target) throw refused("not in the archive");
    if (target.folder !== 0) throw refused("a folder");
    const inode = target.inode ?? `${target.offset}:${linkname}`;
    if (target.inode === undefined)
      this.#entries.setInode(this.#folder(parentOf(path))!, baseName(path), inode);
    this.#put(name, { ...target, inode });
  }

  #entry(path: string): Entry | undefined {
    if (path === "") return this.#root;
    const folder = this.#folder(parentOf(path));
    return folder === undefined ? undefined : this.#entries.get(folder, baseName(path));
  }

  /** The number of a folder; undefined if there is none at this path. */
  #folder(path: string): number | undefined {
    if (path === "") return ROOT;
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const folder = this.#entry(path)?.folder || undefined;
    if (folder === undefined) return undefined;
    if (this.#folders.size >= KNOWN_FOLDERS) this.#folders.clear();
    this.#folders.set(path, folder);
    return folder;
  }

  #place(path: string): Place | undefined {
    return this.#entry(path)?.header;
  }

  #resolve(path: string, follow: boolean): string {
    return resolvePath((one) => this.#place(one), path, follow);
  }

  /** Puts an entry below its folder, which a link may lead to, and which is made if it is not there. */
  #put(name: string, entry: Entry): void {
    const parent = parentOf(name);
    const into = this.#folder(parent) ?? this.#madeFolder(this.#resolve(parent, true));
    const isFolder = entry.header.type === "directory";
    const own = isFolder ? { ...entry, folder: this.#entries.newFolder() } : entry;
    const replaced = this.#entries.put(into, baseName(name), own);
    if (replaced && !isFolder) this.#folders.clear();
  }

  #madeFolder(path: string): number {
    const present = this.#entry(path);
    if (present?.folder) return present.folder;
    if (present)
      throw invalidArgument(`invalid archive: ${JSON.stringify(path)} is a file and a folder as well`);
    const folder = this.#entries.newFolder();
    const made = { header: madeFolder(), folder, offset: MADE, digest: undefined, inode: undefined };
    this.#entries.put(this.#madeFolder(parentOf(path)), baseName(path), made);
    return folder;
  }

  /** Takes a file, or a folder with all that is in it, away. */
  remove(path: string): void {
    const folder = this.#folder(parentOf(path));
    if (folder !== undefined) this.#entries.remove(folder, baseName(path));
    this.#folders.clear();
  }

  /** Paths of all that is in it, folders after what is in them. What is named last may be removed. */
  *paths(at = ""): Generator<string> {
    const folder = this.#folder(at);
    if (folder === undefined) return;
    for (const [name, entry] of this.#entries.children(folder)) {
      const path = joinPath(at, name);
      if (entry.folder !== 0) yield* this.paths(path);
      yield path;
    }
  }

  find(path: string, follow: boolean): TreeEntry | undefined {
    const resolved = this.#resolve(path, follow);
    const entry = this.#entry(resolved);
    return entry && new Found(resolved, entry);
  }

  *children(folder: TreeEntry): Generator<TreeEntry> {
    const number = this.#folder(folder.path);
    if (number === undefined) return;
    for (const [name, entry] of this.#entries.children(number))
      yield new Found(joinPath(folder.path, name), entry);
  }

  isEmpty(path: string): boolean {
    const folder = this.#folder(path);
    return folder === undefined || this.#entries.isEmpty(folder);
  }

  /** As it was found, without looking it up again. */
  #stored(entry: TreeEntry): Entry {
    return entry instanceof Found ? entry.stored : this.#entry(entry.path)!;
  }

  async *read(entry: TreeEntry): AsyncGenerator<Uint8Array> {
    const { offset, header } = this.#stored(entry);
    const end = offset + header.size;
    for (let at = offset; at < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
      const got = readSync(this.#fd, chunk, 0, chunk.length, at);
      if (got === 0) throw invalidArgument("the build context has been cut short");
      at += got;
      yield chunk.subarray(0, got);
    }
  }

  /** A short file as text; undefined if it is not there or no file. */
  async text(path: string, most: number): Promise<string | undefined> {
    const entry = this.find(path, true);
    if (entry?.header.type !== "file") return undefined;
    if (entry.header.size > most)
      throw invalidArgument(`${path} is longer than ${most} bytes, which is not believed`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(entry)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  async digest(entry: TreeEntry): Promise<string> {
    const { digest, offset, header } = this.#stored(entry);
    if (digest) return Buffer.from(digest).toString("hex");
    // Stock has nothing better for a folder that the archive does not name itself.
    if (offset === MADE) return entry.path;
    const hash = new EntryHash(hashedOnDisk(entry.path, header));
    for await (const chunk of this.read(entry)) hash.update(chunk);
    return hash.hex();
  }
}

/** An entry with its place in the spool. */
class Found implements TreeEntry {
  readonly path: string;
  readonly stored: Entry;

  constructor(path: string, stored: Entry) {
    this.path = path;
    this.stored = stored;
  }

  get header(): TarHeader {
    return this.stored.header;
  }

  get inode(): string | undefined {
    return this.stored.inode;
  }
}

function cleanName(name: string): string {
  if (name.length > PATH_MAX) {
    const shown = JSON.stringify(`${name.slice(0, 40)}...`);
    throw invalidArgument(`invalid tar entry ${shown}: its path is longer than ${PATH_MAX} characters`);
  }
  if (name.includes("\0")) {
    const shown = JSON.stringify(name.slice(0, 40));
    throw invalidArgument(`invalid tar entry ${shown}: its path has a zero byte in it`);
  }
  if (/^[^./][^/]*$/.test(name)) return name;
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) {
      throw invalidArgument(`invalid tar entry ${JSON.stringify(name)}: it leads out of the build context`);
    }
  }
  return parts.join("/");
}
