import type { TarHeader } from "../../../archive/tar/header.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../../archive/tar/writer.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { resolvePath } from "../tree/resolve.ts";
import { baseName, joinPath, parentOf, type SourceTree, type TreeEntry } from "../tree/tree.ts";

import { type Graft, graftContents, layerHeader } from "./graft.ts";

export interface Owner {
  uid: number;
  gid: number;
}

interface Planned {
  header: TarHeader;
  content: (() => AsyncIterable<Uint8Array>) | undefined;
  /** Names, of a folder. */
  children: Set<string> | undefined;
  /** The time is what was copied, whatever is put into it. */
  fixed?: boolean;
  /** All that is in it. */
  graft?: Graft | undefined;
}

/**
 * A layer that is to be written, as entries over what is below it. Nothing is copied anywhere before the layer's
 * archive is read.
 */
export class LayerPlan {
  readonly #below: SourceTree | undefined;
  readonly #entries = new Map<string, Planned>();
  readonly #now: number;
  #grafts = 0;
  /** Inode of the source → path here, so that hard links stay links. */
  readonly #links = new Map<string, string>();

  /** `below`: the file system that the layer goes on top of; undefined for none. */
  constructor(below: SourceTree | undefined, now = Math.floor(Date.now() / 1000)) {
    this.#below = below;
    this.#now = now;
    this.#entries.set("", {
      header: tarHeader({ name: "", type: "directory" }),
      content: undefined,
      children: new Set(),
    });
  }

  /**
   * Fills a folder, in which nothing has been planned, with what a folder of a source has in it. It takes no memory for
   * what that is, as long as nothing else is put among it. False if something is planned there.
   */
  graft(path: string, graft: Graft): boolean {
    const planned = this.#entries.get(path);
    if (!planned?.children || planned.children.size > 0 || planned.graft) return false;
    planned.graft = graft;
    this.#grafts++;
    this.#touch(planned);
    return true;
  }

  /** Something is to happen at or below a path: what was filled in there is planned entry by entry after all. */
  #settle(path: string): void {
    if (this.#grafts === 0) return;
    for (let at = path; ; at = parentOf(at)) {
      const planned = this.#entries.get(at);
      if (planned?.graft) this.#expand(at, planned);
      if (at === "") return;
    }
  }

  #expand(path: string, planned: Planned): void {
    const { tree, folder, change } = planned.graft!;
    planned.graft = undefined;
    this.#grafts--;
    const below = (from: TreeEntry, into: string): void => {
      for (const entry of tree.children(from)) {
        const full = joinPath(into, baseName(entry.path));
        this.put(full, change(entry.header), { tree, entry });
        if (entry.header.type === "directory") below(entry, full);
      }
    };
    below(folder, path);
  }

  get isEmpty(): boolean {
    return this.#entries.size === 1 && this.#grafts === 0;
  }

  #look(path: string): TarHeader | undefined {
    this.#settle(parentOf(path));
    if (path === "") return this.#entries.get("")!.header;
    const planned = this.#entries.get(path);
    if (planned) return planned.header;
    return this.#hidden(path) ? undefined : this.#below?.find(path, false)?.header;
  }

  /** Something planned above it is no folder any more, or is one where there was none. */
  #hidden(path: string): boolean {
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
      const planned = this.#entries.get(at);
      if (planned && planned.header.type !== "directory") return true;
      if (planned && this.#below?.find(at, false)?.header.type !== "directory") return true;
    }
    return false;
  }

  /** Where a path leads, links followed. Errors: invalidArgument. */
  resolve(path: string): string {
    return resolvePath((one) => this.#look(one), path, true);
  }

  /** What is at a path, links not followed. */
  at(path: string): TarHeader | undefined {
    return this.#look(path);
  }

  isFolder(path: string): boolean {
    return this.#look(this.resolve(path))?.type === "directory";
  }

  /** Makes sure of a folder, with its parents; new ones belong to `owner`. Errors: invalidArgument for what is no folder. */
  folder(path: string, owner: Owner, mode = 0o755): Planned {
    this.#settle(parentOf(path));
    const planned = this.#entries.get(path);
    if (planned?.children) return planned;
    const present = this.#look(path);
    if (present && present.type !== "directory") throw invalidArgument(`mkdir /${path}: not a directory`);
    const parent = this.folder(parentOf(path), owner, mode);
    const header = present ?? tarHeader({ name: path, type: "directory", mode, mtime: this.#now, ...owner });
    if (!present) this.#touch(parent);
    return this.#insert(parent, path, { header: { ...header }, content: undefined, children: new Set() });
  }

  #insert(parent: Planned, path: string, planned: Planned): Planned {
    parent.children!.add(baseName(path));
    this.#entries.set(path, planned);
    return planned;
  }

  /** Puts one entry at exactly this path. A folder joins one that is there; anything else takes its place. */
  put(path: string, header: TarHeader, source?: { tree: SourceTree; entry: TreeEntry }): void {
    if (path === "") return;
    this.#settle(path);
    const parent = this.folder(parentOf(path), { uid: 0, gid: 0 });
    this.#touch(parent);
    const before = this.#entries.get(path);
    const children = header.type === "directory" ? (before?.children ?? new Set<string>()) : undefined;
    if (before?.children && !children) this.#forgetBelow(path, before.children);
    const inode = source?.entry.inode;
    const first = inode === undefined ? undefined : this.#links.get(inode);
    if (inode !== undefined && first === undefined) this.#links.set(inode, path);
    const linked = first !== undefined && first !== path && this.#entries.has(first);
    const own: TarHeader = linked ? { ...header, type: "link", linkname: first, size: 0 } : header;
    const content = own.type === "file" && source ? () => source.tree.read(source.entry) : undefined;
    this.#insert(parent, path, { header: own, content, children, fixed: source !== undefined });
  }

  #touch(folder: Planned): void {
    if (!folder.fixed) folder.header = { ...folder.header, mtime: this.#now };
  }

  #forgetBelow(path: string, children: Set<string>): void {
    for (const child of children) {
      const full = joinPath(path, child);
      const below = this.#entries.get(full)?.children;
      if (below) this.#forgetBelow(full, below);
      this.#entries.delete(full);
    }
  }

  /** The layer's archive, names sorted. */
  async *tar(): AsyncGenerator<Uint8Array> {
    const { graft } = this.#entries.get("")!;
    yield* graft ? graftContents(graft, "") : this.#contents("");
    yield END_OF_ARCHIVE;
  }

  async *#contents(path: string): AsyncGenerator<Uint8Array> {
    const links: string[] = [];
    for (const name of [...(this.#entries.get(path)?.children ?? [])].sort()) {
      const full = joinPath(path, name);
      const { header, content, children, graft } = this.#entries.get(full)!;
      if (header.type === "link" && header.linkname > full) {
        links.push(full);
        continue;
      }
      yield encodeHeader(layerHeader(header, full));
      if (content) yield* content();
      if (header.size > 0) yield padding(header.size);
      if (graft) yield* graftContents(graft, full);
      else if (children) yield* this.#contents(full);
    }
    for (const full of links) yield encodeHeader(layerHeader(this.#entries.get(full)!.header, full));
  }
}
