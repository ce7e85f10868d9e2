import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { TarHeader } from "../../../archive/tar/header.ts";
import { TarReader } from "../../../archive/tar/reader.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";
import { cancelled, invalidArgument } from "../../../errors/errors.ts";
import { EntryHash, hashedOnDisk } from "./hash.ts";
import { resolvePath } from "./resolve.ts";
import { baseName, joinPath, parentOf, type SourceTree, type TreeEntry } from "./tree.ts";

interface Node {
  header: TarHeader;
  /** Where its content begins in the spool. */
  offset: number;
  /** undefined: not computed yet. */
  digest: string | undefined;
  inode: string | undefined;
  /** Names, of a folder. */
  children: Set<string> | undefined;
}

const CHUNK = 1 << 20;

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

/**
 * An archive as a tree, without unpacking: contents lie one after the other in a file that has no name, headers and
 * sums in memory. Nothing that an archive says can make the engine write anywhere else.
 */
export class TarTree implements SourceTree {
  readonly #nodes = new Map<string, Node>();
  readonly #fd: number;
  #end = 0;
  readonly #devices: boolean;

  private constructor(fd: number, devices = false) {
    this.#fd = fd;
    this.#devices = devices;
    this.#nodes.set("", folderNode(""));
  }

  /** Reads a plain tar. Errors: dataLoss, invalidArgument, cancelled. */
  static async read(tar: AsyncIterable<Uint8Array>, options: TarTreeOptions): Promise<TarTree> {
    const tree = new TarTree(openSpool(options.folder), options.devices === true);
    try {
      await tree.#load(tar, options.signal);
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
      const header = tarHeader({ name, type: "file", size: bytes.length, mode: 0o644 });
      const hash = new EntryHash(hashedOnDisk(name, header));
      hash.update(bytes);
      tree.#put(name, {
        header,
        offset: tree.#write(bytes),
        digest: hash.hex(),
        inode: undefined,
        children: undefined,
      });
    }
    return tree;
  }

  /** A tree of one file, whose size is known when it has come. Errors: the stream's, cancelled. */
  static async ofStream(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
    options: TarTreeOptions & { mtime: number },
  ): Promise<TarTree> {
    const tree = new TarTree(openSpool(options.folder));
    try {
      for await (const chunk of bytes) {
        if (options.signal.aborted) throw cancelled("build was cancelled");
        tree.#write(chunk);
      }
    } catch (error) {
      tree.close();
      throw error;
    }
    const header = tarHeader({ name, type: "file", size: tree.#end, mode: 0o600, mtime: options.mtime });
    tree.#put(name, { header, offset: 0, digest: undefined, inode: undefined, children: undefined });
    return tree;
  }

  close(): void {
    closeSync(this.#fd);
  }

  get fileCount(): number {
    return this.#nodes.size - 1;
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
      const hash = new EntryHash(hashedOnDisk(name, header));
      const offset = this.#end;
      for await (const chunk of reader.body()) {
        hash.update(chunk);
        this.#write(chunk);
      }
      if (name === "") continue;
      this.#add(name, header, offset, hash.hex());
    }
  }

  #add(name: string, header: TarHeader, offset: number, digest: string): void {
    if (!this.#devices && (header.type === "char" || header.type === "block")) {
      throw invalidArgument(
        `the build context has a device in it: ${JSON.stringify(name)}. Leave it out by .dockerignore`,
      );
    }
    if (header.type === "link") {
      const target = this.#nodes.get(resolvePath((path) => this.#place(path), header.linkname, false));
      if (!target) {
        throw invalidArgument(
          `invalid tar entry ${JSON.stringify(name)}: a hard link to ${JSON.stringify(header.linkname)}, which is not in the archive`,
        );
      }
      target.inode ??= `${target.offset}:${header.linkname}`;
      this.#put(name, { ...target, digest: undefined });
      return;
    }
    const before = this.#nodes.get(name);
    const children = header.type === "directory" ? (before?.children ?? new Set<string>()) : undefined;
    if (before?.children && !children) this.#forgetBelow(name, before.children);
    this.#put(name, { header: { ...header, name: "" }, offset, digest, inode: undefined, children });
  }

  #forgetBelow(path: string, children: Set<string>): void {
    for (const child of children) {
      const full = joinPath(path, child);
      const below = this.#nodes.get(full)?.children;
      if (below) this.#forgetBelow(full, below);
      this.#nodes.delete(full);
    }
  }

  /** Puts a node below its folder, which a link may lead to, and which is made if it is not there. */
  #put(name: string, node: Node): void {
    const parent = resolvePath((path) => this.#place(path), parentOf(name), true);
    this.#folder(parent).add(baseName(name));
    this.#nodes.set(joinPath(parent, baseName(name)), node);
  }

  #folder(path: string): Set<string> {
    const node = this.#nodes.get(path);
    if (node?.children) return node.children;
    if (node)
      throw invalidArgument(`invalid archive: ${JSON.stringify(path)} is a file and a folder as well`);
    const made = folderNode(path);
    this.#folder(parentOf(path)).add(baseName(path));
    this.#nodes.set(path, made);
    return made.children!;
  }

  #place(path: string): TarHeader | undefined {
    return this.#nodes.get(path)?.header;
  }

  /** Takes a file away. */
  remove(path: string): void {
    const node = this.#nodes.get(path);
    if (!node) return;
    if (node.children) this.#forgetBelow(path, node.children);
    this.#nodes.delete(path);
    this.#nodes.get(parentOf(path))?.children?.delete(baseName(path));
  }

  /** Paths of all that is in it, folders before what is in them. */
  *paths(folder = ""): Generator<string> {
    for (const name of [...(this.#nodes.get(folder)?.children ?? [])]) {
      const path = joinPath(folder, name);
      yield path;
      yield* this.paths(path);
    }
  }

  find(path: string, follow: boolean): TreeEntry | undefined {
    return this.#entry(resolvePath((one) => this.#place(one), path, follow));
  }

  #entry(path: string): TreeEntry | undefined {
    const node = this.#nodes.get(path);
    return node && { path, header: node.header, inode: node.inode };
  }

  children(folder: TreeEntry): TreeEntry[] {
    const names = [...(this.#nodes.get(folder.path)?.children ?? [])].sort();
    return names.map((name) => this.#entry(joinPath(folder.path, name))!);
  }

  async *read(entry: TreeEntry): AsyncGenerator<Uint8Array> {
    const node = this.#nodes.get(entry.path)!;
    const end = node.offset + node.header.size;
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
    const node = this.#nodes.get(entry.path)!;
    if (node.digest !== undefined) return node.digest;
    const hash = new EntryHash(hashedOnDisk(entry.path, node.header));
    for await (const chunk of this.read(entry)) hash.update(chunk);
    node.digest = hash.hex();
    return node.digest;
  }
}

const folderNode = (name: string): Node => ({
  header: tarHeader({ name, type: "directory", mode: 0o755, mtime: Math.floor(Date.now() / 1000) }),
  offset: 0,
  // Stock has nothing better for a folder that the archive does not name itself.
  digest: name,
  inode: undefined,
  children: new Set(),
});

function cleanName(name: string): string {
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
