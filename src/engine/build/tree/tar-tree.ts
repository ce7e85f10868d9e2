import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { TarReader } from "../../../archive/tar/reader.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";
import { cancelled, invalidArgument } from "../../../errors/errors.ts";
import { EntryHash, hashedOnDisk } from "./hash.ts";
import { Digests, Node, SharedAttributes } from "./node.ts";
import { resolvePath } from "./resolve.ts";
import { baseName, joinPath, parentOf, type SourceTree, type TreeEntry } from "./tree.ts";

const CHUNK = 1 << 20;
/** The kernel takes no longer ones. */
const PATH_MAX = 4096;

export interface TarTreeOptions {
  /** Where the spool lies. */
  folder: string;
  signal: AbortSignal;
  /** The archive may hold device nodes. */
  devices?: boolean;
}

/** A file that goes with its last descriptor, whatever happens. */
function openSpool(folder: string): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `spool-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}

/** Marks, in place of the offset, a folder that the archive does not name itself. */
const MADE = -1;

const madeFolder = (shared: SharedAttributes): Node =>
  new Node(tarHeader({ name: "", type: "directory", mtime: Math.floor(Date.now() / 1000) }), MADE, shared);

/**
 * An archive as a tree, without unpacking: contents lie one after the other in a file that has no name, headers and
 * sums in memory. Nothing that an archive says can make the engine write anywhere else.
 */
export class TarTree implements SourceTree {
  readonly #shared = new SharedAttributes();
  readonly #root = madeFolder(this.#shared);
  readonly #digests = new Digests();
  readonly #fd: number;
  #end = 0;
  readonly #devices: boolean;

  private constructor(fd: number, devices = false) {
    this.#fd = fd;
    this.#devices = devices;
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
      tree.#put(
        name,
        new Node(tarHeader({ name, type: "file", size: tree.#end, mode: 0o600, mtime }), 0, tree.#shared),
      );
    });
  }

  static async #filled(options: TarTreeOptions, fill: (tree: TarTree) => Promise<void>): Promise<TarTree> {
    const tree = new TarTree(openSpool(options.folder), options.devices === true);
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
    const tree = new TarTree(openSpool(folder));
    for (const [name, content] of Object.entries(files)) {
      const bytes = Buffer.from(content);
      const offset = tree.#write(bytes);
      tree.#put(name, new Node(tarHeader({ name, type: "file", size: bytes.length }), offset, tree.#shared));
    }
    return tree;
  }

  close(): void {
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
    }
  }

  #add(name: string, header: TarHeader, offset: number, digest: string | undefined): void {
    if (!this.#devices && (header.type === "char" || header.type === "block")) {
      throw invalidArgument(
        `the build context has a device in it: ${JSON.stringify(name)}. Leave it out by .dockerignore`,
      );
    }
    if (header.type === "link") return this.#addLink(name, header.linkname);
    const before = this.#node(name);
    const node = new Node(header, offset, this.#shared, before?.children);
    if (digest !== undefined) node.digest = this.#digests.add(digest);
    this.#put(name, node);
  }

  #addLink(name: string, linkname: string): void {
    const target = this.#node(this.#resolve(linkname, false));
    if (!target) {
      throw invalidArgument(
        `invalid tar entry ${JSON.stringify(name)}: a hard link to ${JSON.stringify(linkname)}, which is not in the archive`,
      );
    }
    target.inode ??= `${target.offset}:${linkname}`;
    const other = new Node(target.header(), target.offset, this.#shared, target.children);
    other.inode = target.inode;
    this.#put(name, other);
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    if (path === "") return node;
    for (const part of path.split("/")) node = node?.children?.get(part);
    return node;
  }

  #resolve(path: string, follow: boolean): string {
    return resolvePath((one) => this.#node(one), path, follow);
  }

  /** Puts a node below its folder, which a link may lead to, and which is made if it is not there. */
  #put(name: string, node: Node): void {
    const parent = parentOf(name);
    const direct = this.#node(parent)?.children;
    const folder = direct ?? this.#folder(this.#resolve(parent, true));
    folder.set(baseName(name), node);
  }

  #folder(path: string): Map<string, Node> {
    const node = this.#node(path);
    if (node?.children) return node.children;
    if (node)
      throw invalidArgument(`invalid archive: ${JSON.stringify(path)} is a file and a folder as well`);
    const made = madeFolder(this.#shared);
    this.#folder(parentOf(path)).set(baseName(path), made);
    return made.children!;
  }

  /** Takes a file, or a folder with all that is in it, away. */
  remove(path: string): void {
    this.#node(parentOf(path))?.children?.delete(baseName(path));
  }

  /** Paths of all that is in it, folders before what is in them. */
  *paths(folder = ""): Generator<string> {
    for (const name of [...(this.#node(folder)?.children?.keys() ?? [])]) {
      const path = joinPath(folder, name);
      yield path;
      yield* this.paths(path);
    }
  }

  find(path: string, follow: boolean): TreeEntry | undefined {
    const resolved = this.#resolve(path, follow);
    const node = this.#node(resolved);
    return node && entryOf(resolved, node);
  }

  *children(folder: TreeEntry): Generator<TreeEntry> {
    const children = this.#node(folder.path)?.children ?? new Map<string, Node>();
    for (const name of [...children.keys()].sort())
      yield entryOf(joinPath(folder.path, name), children.get(name)!);
  }

  isEmpty(path: string): boolean {
    return (this.#node(path)?.children?.size ?? 0) === 0;
  }

  async *read(entry: TreeEntry): AsyncGenerator<Uint8Array> {
    const node = this.#node(entry.path)!;
    const end = node.offset + node.size;
    for (let at = node.offset; at < end; ) {
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
    const node = this.#node(entry.path)!;
    if (node.digest >= 0) return this.#digests.get(node.digest);
    // Stock has nothing better for a folder that the archive does not name itself.
    if (node.offset === MADE) return entry.path;
    const hash = new EntryHash(hashedOnDisk(entry.path, node.header()));
    for await (const chunk of this.read(entry)) hash.update(chunk);
    return hash.hex();
  }
}

const entryOf = (path: string, node: Node): TreeEntry => ({ path, header: node.header(), inode: node.inode });

function cleanName(name: string): string {
  if (name.length > PATH_MAX) {
    const shown = JSON.stringify(`${name.slice(0, 40)}...`);
    throw invalidArgument(`invalid tar entry ${shown}: its path is longer than ${PATH_MAX} characters`);
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
