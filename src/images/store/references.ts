import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { conflict, dataLoss, invalidArgument, messageOf } from "../../errors/errors.ts";
import { replaceAtomic } from "../../files/replace.ts";
import { canonicalReference, familiarName, familiarReference, parseReference } from "../reference.ts";
import type { Digest, ReferenceStore } from "../types.ts";

/** repositories.json, whose keys are familiar names, as moby writes it. */
interface OnDisk {
  Repositories: Record<string, Record<string, Digest>>;
}

/** Names of images. Every change is on disk before it is answered. */
export class ReferenceDatabase implements ReferenceStore {
  readonly #path: string;
  /** Canonical reference → image id. */
  readonly #ids = new Map<string, Digest>();
  /** The save that has not begun yet: it writes whatever has changed by then, for all who wait for it. */
  #next: Promise<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  /** Errors: dataLoss. */
  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
    if (!existsSync(path)) return;
    try {
      this.#read(JSON.parse(readFileSync(path, "utf8")) as OnDisk);
    } catch (cause) {
      throw dataLoss(
        `the names of images in ${path} cannot be read: ${messageOf(cause)} (\`dockerd fsck --repair\` puts the file aside; the images stay)`,
        { cause },
      );
    }
  }

  #read({ Repositories }: OnDisk): void {
    for (const references of Object.values(Repositories ?? {}))
      for (const [familiar, id] of Object.entries(references))
        this.#ids.set(canonicalReference(parseReference(familiar)), id);
  }

  get(reference: string): Digest | undefined {
    return this.#ids.get(reference);
  }

  of(id: Digest): string[] {
    const found = [...this.#ids].filter(([, held]) => held === id).map(([reference]) => reference);
    return found.sort();
  }

  all(): { reference: string; id: Digest }[] {
    return [...this.#ids].map(([reference, id]) => ({ reference, id }));
  }

  async add(reference: string, id: Digest): Promise<void> {
    const { path, digest } = parseReference(reference);
    if (path === "library/sha256")
      throw invalidArgument("refusing to create an ambiguous tag using digest algorithm as name");
    const present = this.#ids.get(reference);
    if (present === id) return;
    if (digest !== undefined && present !== undefined) {
      throw conflict(`Cannot overwrite digest ${digest}`);
    }
    await this.#change(reference, id);
  }

  async remove(reference: string): Promise<boolean> {
    if (!this.#ids.has(reference)) return false;
    await this.#change(reference, undefined);
    return true;
  }

  /** Resolves when all names of now are on disk. */
  #saved(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#save();
    });
    const next = this.#next;
    this.#running = next.catch(() => {});
    return next;
  }

  /** Makes a change, and takes it back where it cannot be saved. */
  async #change(reference: string, id: Digest | undefined): Promise<void> {
    const before = this.#ids.get(reference);
    this.#put(reference, id);
    try {
      await this.#saved();
    } catch (error) {
      if (this.#ids.get(reference) === id) this.#put(reference, before);
      throw error;
    }
  }

  #put(reference: string, id: Digest | undefined): void {
    if (id === undefined) this.#ids.delete(reference);
    else this.#ids.set(reference, id);
  }

  #save(): Promise<void> {
    const Repositories: OnDisk["Repositories"] = {};
    for (const [canonical, id] of this.#ids) {
      const reference = parseReference(canonical);
      const name = familiarName(reference);
      Repositories[name] ??= {};
      Repositories[name][familiarReference(reference)] = id;
    }
    return replaceAtomic(this.#path, JSON.stringify({ Repositories } satisfies OnDisk), { mode: 0o600 });
  }
}
