import { closeSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { errnoOf, invalidArgument } from "../errors/errors.ts";
import { openInRoot, openRoot } from "../linux/openat2.ts";

const O_PATH_DIRECTORY = 0o10000000 | 0o200000;
const O_PATH_NOFOLLOW = 0o10000000 | 0o400000;
const MAX_OPEN = 64;
/** PATH_MAX; without it a name of megabytes would make folder after folder before the kernel refuses. */
const MAX_PATH = 4096;

/**
 * Paths of entries below a root. Folders known to be real (made or looked at by us, no link on the way) are used by
 * their plain path, which is quick; anything else is opened by openat2 with the root as "/", so that links stay inside.
 */
export class RootedPaths {
  readonly root: string;
  readonly #rootFd: number;
  /** Name below the root → path that leads there for sure. */
  readonly #known = new Map<string, string>();
  /** Folders behind links, held open and used as /proc/self/fd/N. */
  readonly #held: number[] = [];
  readonly #remember: boolean;
  /** What this archive made, for opaque marks, which only hide what was there before. */
  readonly #made = new Set<string>();

  /** `remember`: emptyOfOlder() is going to be called. */
  constructor(root: string, { remember }: { remember: boolean }) {
    this.root = root;
    this.#remember = remember;
    this.#rootFd = openRoot(root);
    this.#known.set("", root);
  }

  close(): void {
    for (const fd of [...this.#held, this.#rootFd]) closeSync(fd);
  }

  /** "a/b" for "./a//b/", "/a/b", "a/./b"; "" for the root. Errors: invalidArgument for a way out by "..". */
  clean(name: string): string {
    if (name.length > MAX_PATH)
      throw invalidArgument(`invalid tar entry: a name of ${name.length} characters (ENAMETOOLONG)`);
    const parts: string[] = [];
    for (const part of name.split("/")) {
      if (part === "" || part === ".") continue;
      if (part !== "..") parts.push(part);
      else if (parts.pop() === undefined) {
        throw invalidArgument(
          `invalid tar entry ${JSON.stringify(name)}: it leads out of the archive's root`,
        );
      }
    }
    return parts.join("/");
  }

  /** The path for making the entry: its folder is made if it is not there. */
  place(name: string): string {
    const slash = name.lastIndexOf("/");
    if (this.#remember) this.#made.add(name);
    return `${this.folder(name.slice(0, Math.max(slash, 0)))}/${name.slice(slash + 1)}`;
  }

  /** The path of a folder, made with its parents if it is not there. Errors: ENOTDIR and the like. */
  folder(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const slash = name.lastIndexOf("/");
    const path = `${this.folder(name.slice(0, Math.max(slash, 0)))}/${name.slice(slash + 1)}`;
    const sure = madeFolder(path) || lstatSync(path).isDirectory() ? path : this.#hold(name);
    this.#known.set(name, sure);
    return sure;
  }

  /** A folder that is reached through a link. */
  #hold(name: string): string {
    if (this.#held.length >= MAX_OPEN) this.#letGo();
    const fd = openInRoot(this.#rootFd, name, O_PATH_DIRECTORY);
    this.#held.push(fd);
    return `/proc/self/fd/${fd}`;
  }

  #letGo(): void {
    for (const fd of this.#held.splice(0)) closeSync(fd);
    for (const [name, path] of this.#known) if (path.startsWith("/proc/self/fd/")) this.#known.delete(name);
  }

  /** The path of something that is there, itself not followed if it is a link; for the target of a hard link. */
  existing(name: string): string {
    const clean = this.clean(name);
    const slash = clean.lastIndexOf("/");
    const parent = clean.slice(0, Math.max(slash, 0));
    const folder = this.#known.get(parent) ?? this.#hold(parent);
    const path = `${folder}/${clean.slice(slash + 1)}`;
    try {
      closeSync(openInRoot(this.#rootFd, clean, O_PATH_NOFOLLOW));
    } catch (error) {
      if (errnoOf(error) === "ENOENT") {
        throw invalidArgument(
          `invalid tar entry: a hard link to ${JSON.stringify(name)}, which is not in the archive`,
          {
            cause: error,
          },
        );
      }
      throw error;
    }
    return path;
  }

  /** Notes that a folder is real. */
  know(name: string, path: string): void {
    this.#known.set(name, path);
  }

  /** Notes that something has been taken away, and all below it. */
  forget(name: string): void {
    for (const known of [...this.#known.keys()]) {
      if (known === name || known.startsWith(`${name}/`)) this.#known.delete(known);
    }
  }

  /** Takes away what was in a folder before this archive. */
  emptyOfOlder(name: string, path: string): void {
    for (const child of readdirSync(path)) {
      const full = name === "" ? child : `${name}/${child}`;
      if (this.#made.has(full) || [...this.#made].some((made) => made.startsWith(`${full}/`))) continue;
      rmSync(`${path}/${child}`, { recursive: true, force: true });
      this.forget(full);
    }
  }
}

/** False if there is something already. */
function madeFolder(path: string): boolean {
  try {
    mkdirSync(path, 0o755);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
