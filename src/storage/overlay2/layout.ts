import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { dataLoss, notFound } from "../../errors/errors.ts";
import { readText } from "../../files/read-text.ts";
import { hostRoot, type IDMap, type Owner } from "../../linux/id-map.ts";
import { checkLayerID } from "../layer-id.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LINK_LENGTH = 26;
const MOST_LAYERS = 128;

/**
 * Where overlay2 keeps a layer, as moby does: <root>/<id>/{diff,link,lower,work,merged,committed}, and <root>/l/<link>,
 * a short name for <id>/diff, so that many of them fit into the options of one mount.
 */
export class Layout {
  readonly root: string;

  readonly #owner: Owner;

  /** With `ids`, layers belong to the root of containers, and it may pass the folders around them. */
  constructor(root: string, ids?: IDMap) {
    this.root = root;
    this.#owner = hostRoot(ids);
    mkdirSync(join(root, "l"), { recursive: true, mode: 0o710 });
    chownSync(root, 0, this.#owner.gid);
  }

  /** Errors: invalidArgument for an id that would be another folder than a layer's. */
  folder(id: string): string {
    return join(this.root, checkLayerID(id));
  }
  diff(id: string): string {
    return join(this.root, id, "diff");
  }
  merged(id: string): string {
    return join(this.root, id, "merged");
  }
  work(id: string): string {
    return join(this.root, id, "work");
  }

  exists(id: string): boolean {
    return existsSync(this.diff(id));
  }

  /**
   * Makes an empty layer; `link` and `lower` are written before `diff`, which is what makes it count as one. `prepare`
   * gets its folder while that is empty.
   */
  make(id: string, parent: string | undefined, prepare: (folder: string) => void = () => {}): void {
    const folder = this.folder(id);
    mkdirSync(folder, { mode: 0o710 });
    chownSync(folder, 0, this.#owner.gid);
    prepare(folder);
    const link = shortName();
    symlinkSync(join("..", id, "diff"), join(this.root, "l", link));
    writeFileSync(join(folder, "link"), link);
    if (parent !== undefined) {
      writeFileSync(join(folder, "lower"), this.#lowerOf(parent));
      this.#makeOwned(join(folder, "work"), 0o700);
      this.#makeOwned(join(folder, "merged"), 0o700);
    }
    this.#makeOwned(join(folder, "diff"), 0o755);
  }

  #makeOwned(path: string, mode: number): void {
    mkdirSync(path, { mode });
    chownSync(path, this.#owner.uid, this.#owner.gid);
  }

  /** "l/PARENT:l/GRANDPARENT:…", nearest first. */
  #lowerOf(parent: string): string {
    if (!this.exists(parent)) throw notFound(`storage layer ${parent}: not found in ${this.root}`);
    const chain = [`l/${this.link(parent)}`, ...this.lower(parent)];
    if (chain.length > MOST_LAYERS)
      throw new Error(`max depth exceeded: ${chain.length} layers, of ${MOST_LAYERS}`);
    return chain.join(":");
  }

  /** The short name that is noted for a layer. Errors: dataLoss. */
  link(id: string): string {
    const noted = this.#noted(id);
    if (noted === undefined)
      throw dataLoss(`storage layer ${id}: its file link is missing or damaged: \`dockerd fsck\` tells more`);
    return noted;
  }

  /** Undefined if there is none, or none that could be one. */
  #noted(id: string): string | undefined {
    const text = readText(join(this.folder(id), "link"))?.trim();
    return text !== undefined && isShortName(text) ? text : undefined;
  }

  /** Paths of the short names that lead to a layer; looked for if a crash came before its own was noted. */
  linksTo(id: string): string[] {
    const names = join(this.root, "l");
    const noted = this.#noted(id);
    if (noted !== undefined) return [join(names, noted)];
    const target = join("..", id, "diff");
    return readdirSync(names)
      .map((name) => join(names, name))
      .filter((path) => lstatSync(path).isSymbolicLink() && readlinkSync(path) === target);
  }

  /** Short names of all layers below, nearest first. */
  lower(id: string): string[] {
    return (readText(join(this.folder(id), "lower")) ?? "").split(":").filter(Boolean);
  }

  /** The diff folders of all layers below, nearest first. */
  lowerFolders(id: string): string[] {
    return this.lower(id).map((link) => {
      const target = readlinkSync(join(this.root, link));
      return join(this.root, basename(dirname(target)), "diff");
    });
  }
}

/** What can be a layer's short name. */
export const isShortName = (text: string): boolean => /^[A-Z0-9]{26}$/.test(text);

/** A new one. */
export function shortName(): string {
  return [...randomBytes(LINK_LENGTH)].map((byte) => ALPHABET[byte & 31]).join("");
}
