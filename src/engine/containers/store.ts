import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { conflict, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import { Container } from "./container.ts";
import { loadFacts, removeHalf } from "./record.ts";

/** All containers, by id and name. */
export class ContainerStore {
  /** <data-root>/containers */
  readonly root: string;
  readonly #containers = new Map<string, Container>();
  /** Also holds names of containers that are being made. */
  readonly #names = new Map<string, string>();

  constructor(root: string) {
    this.root = root;
    mkdirSync(root, { recursive: true, mode: 0o710 });
  }

  /** Reads all containers from disk; one that cannot be read is left alone and reported. */
  load(log: Logger): void {
    const folders = readdirSync(this.root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name: id } of folders) {
      const folder = join(this.root, id);
      if (removeHalf(folder) || !existsSync(join(folder, "config.v2.json"))) continue;
      try {
        const container = new Container(loadFacts(folder), this.root);
        if (container.id !== id) throw new Error(`it says it is ${container.id}`);
        this.add(container);
      } catch (error) {
        log.error("container cannot be loaded and is left alone", { container: id, error: messageOf(error) });
      }
    }
  }

  add(container: Container): void {
    this.#containers.set(container.id, container);
    this.#names.set(container.name, container.id);
  }

  /** Errors: conflict, with stock's text. */
  reserveName(name: string, id: string): void {
    const holder = this.#names.get(name);
    if (holder !== undefined && holder !== id) {
      throw conflict(
        `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    }
    this.#names.set(name, id);
  }

  releaseName(name: string, id: string): void {
    if (this.#names.get(name) === id) this.#names.delete(name);
  }

  hasName(name: string): boolean {
    return this.#names.has(name);
  }

  remove(container: Container): void {
    this.#containers.delete(container.id);
    this.releaseName(container.name, container.id);
  }

  get(id: string): Container | undefined {
    return this.#containers.get(id);
  }

  all(): Container[] {
    return [...this.#containers.values()];
  }

  /** Like find(), with undefined instead of an error. */
  tryFind(reference: string): Container | undefined {
    try {
      return this.find(reference);
    } catch {
      return undefined;
    }
  }

  /** By full id, name, or unique beginning of the id, in this order. Errors: notFound, invalidArgument. */
  find(reference: string): Container {
    if (reference === "") throw invalidArgument('invalid name or ID supplied: ""');
    const named = this.#names.get(reference.replace(/^\//, ""));
    const found =
      this.#containers.get(reference) ?? (named === undefined ? undefined : this.#containers.get(named));
    if (found) return found;
    const candidates = this.all().filter(({ id }) => id.startsWith(reference));
    if (candidates.length > 1) throw invalidArgument(`Multiple IDs found with provided prefix: ${reference}`);
    if (candidates[0] === undefined) throw notFound(`No such container: ${reference}`);
    return candidates[0];
  }
}
