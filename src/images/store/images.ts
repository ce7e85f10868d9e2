import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { dataLoss, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { flushFolder, replaceAtomic } from "../../files/replace.ts";
import type { Logger } from "../../log/log.ts";
import { chainIDOf, hexOf } from "../layers/chain-id.ts";
import type { Digest, Image, ImageConfig, ImageStore, Layer, LayerStore } from "../types.ts";
import { checkConfig } from "./check-config.ts";

interface Held {
  image: Image & { parent: Digest | undefined };
  layer: Layer | undefined;
  /** Resolves when the configuration is on disk. */
  stored: Promise<void>;
}

/** Images by id, as moby's image/<driver>/imagedb: content/sha256/<id>, metadata/sha256/<id>/{parent,lastUpdated}. */
export class ImageDatabase implements ImageStore {
  readonly #content: string;
  readonly #metadata: string;
  readonly #layers: LayerStore;
  readonly #images = new Map<Digest, Held>();
  /** False if some image could not be read, so that what it stands on is not known. */
  readonly complete: boolean;
  /** Images whose files are being removed: one of the same id must wait. */
  readonly #leaving = new Map<Digest, Promise<void>>();

  constructor(root: string, layers: LayerStore, log: Logger) {
    this.#content = join(root, "content", "sha256");
    this.#metadata = join(root, "metadata", "sha256");
    this.#layers = layers;
    for (const folder of [this.#content, this.#metadata]) mkdirSync(folder, { recursive: true, mode: 0o710 });
    let unreadable = 0;
    for (const hex of readdirSync(this.#content)) {
      if (!/^[0-9a-f]{64}$/.test(hex)) continue;
      try {
        this.#load(`sha256:${hex}`);
      } catch (error) {
        unreadable++;
        log.warn("image cannot be read and is left alone", { image: hex, error: messageOf(error) });
      }
    }
    this.complete = unreadable === 0;
  }

  #load(id: Digest): void {
    const raw = readFileSync(join(this.#content, hexOf(id)));
    if (digestOf(raw) !== id) throw dataLoss(`content of image ${id} has another digest`);
    this.#hold(id, raw);
  }

  #hold(id: Digest, raw: Uint8Array): Held {
    const config = parseConfig(raw);
    const chainID = chainIDOf(config.rootfs.diff_ids ?? []);
    const layer = chainID === undefined ? undefined : this.#layers.get(chainID);
    const image = { id, config, raw, chainID, parent: this.#readMeta(id, "parent") };
    const held = { image, layer, stored: Promise.resolve() };
    this.#images.set(id, held);
    return held;
  }

  #metaFolder(id: Digest): string {
    return join(this.#metadata, hexOf(id));
  }

  #readMeta(id: Digest, name: string): string | undefined {
    const path = join(this.#metaFolder(id), name);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  }

  get(id: Digest): Image {
    const held = this.#images.get(id);
    if (!held) throw notFound(`No such image: ${id}`);
    return held.image;
  }

  has(id: Digest): boolean {
    return this.#images.has(id);
  }

  list(): Image[] {
    return [...this.#images.values()].map((held) => held.image);
  }

  async create(raw: Uint8Array): Promise<Image> {
    const id = digestOf(raw);
    await this.#leaving.get(id);
    const present = this.#images.get(id);
    if (present) {
      await present.stored;
      return present.image;
    }
    const held = this.#hold(id, raw);
    held.stored = replaceAtomic(join(this.#content, hexOf(id)), raw, { mode: 0o600 });
    try {
      await held.stored;
    } catch (error) {
      this.#images.delete(id);
      await this.#giveBack(held);
      throw error;
    }
    return held.image;
  }

  async setParent(id: Digest, parent: Digest): Promise<void> {
    const held = this.#images.get(id);
    if (!held) throw notFound(`No such image: ${id}`);
    await mkdir(this.#metaFolder(id), { recursive: true, mode: 0o710 });
    await replaceAtomic(join(this.#metaFolder(id), "parent"), parent);
    held.image.parent = parent;
  }

  /** Nothing depends on it, so that it need not survive a power loss. */
  setLastUpdated(id: Digest): void {
    if (!this.#images.has(id)) return;
    mkdirSync(this.#metaFolder(id), { recursive: true, mode: 0o710 });
    writeAtomic(join(this.#metaFolder(id), "lastUpdated"), new Date().toISOString(), { durability: "crash" });
  }

  lastUpdated(id: Digest): Date | undefined {
    const text = this.#readMeta(id, "lastUpdated");
    return text === undefined ? undefined : new Date(text);
  }

  children(id: Digest): Image[] {
    return this.list().filter((image) => image.parent === id);
  }

  /** Nobody can take the image into use any more while its files go. */
  async remove(id: Digest): Promise<Digest[]> {
    const held = this.#images.get(id);
    if (!held) throw notFound(`No such image: ${id}`);
    this.#images.delete(id);
    const removed = held.stored.then(() => this.#removeFiles(id));
    const settled = removed.catch(() => {}).then(() => void this.#leaving.delete(id));
    this.#leaving.set(id, settled);
    try {
      await removed;
    } catch (error) {
      this.#images.set(id, held);
      throw error;
    }
    return this.#giveBack(held);
  }

  async #removeFiles(id: Digest): Promise<void> {
    await rm(join(this.#content, hexOf(id)), { force: true });
    await rm(this.#metaFolder(id), { recursive: true, force: true });
    await flushFolder(this.#content);
  }

  async #giveBack({ layer: top }: Held): Promise<Digest[]> {
    if (!top) return [];
    const stack: Digest[] = [];
    for (let layer: Layer | undefined = top; layer; layer = layer.parent) stack.push(layer.chainID);
    await this.#layers.release(top);
    return stack.filter((chainID) => !this.#layers.has(chainID));
  }
}

const digestOf = (raw: Uint8Array): Digest => `sha256:${createHash("sha256").update(raw).digest("hex")}`;

/** Errors: invalidArgument for what is no image configuration. */
export function parseConfig(raw: Uint8Array): ImageConfig {
  let config: Partial<ImageConfig>;
  try {
    config = JSON.parse(Buffer.from(raw).toString("utf8")) as Partial<ImageConfig>;
  } catch (cause) {
    throw invalidArgument(`invalid image configuration: not JSON: ${messageOf(cause)}`, { cause });
  }
  const diffIDs = config?.rootfs?.diff_ids ?? [];
  if (
    !config?.rootfs ||
    !Array.isArray(diffIDs) ||
    !diffIDs.every((id) => /^sha256:[0-9a-f]{64}$/.test(String(id)))
  ) {
    throw invalidArgument("invalid image JSON, no RootFS key or malformed diff_ids in it");
  }
  const whole = { architecture: "amd64", os: "linux", ...config } as ImageConfig;
  checkConfig(whole);
  return whole;
}
