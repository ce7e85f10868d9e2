import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dataLoss, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import { syncFolder, writeAtomic } from "../../files/atomic.ts";
import type { Logger } from "../../log/log.ts";
import { chainIDOf, hexOf } from "../layers/chain-id.ts";
import type { Digest, Image, ImageConfig, ImageStore, Layer, LayerStore } from "../types.ts";

interface Held {
  image: Image & { parent: Digest | undefined };
  layer: Layer | undefined;
}

/** Images by id, as moby's image/<driver>/imagedb: content/sha256/<id>, metadata/sha256/<id>/{parent,lastUpdated}. */
export class ImageDatabase implements ImageStore {
  readonly #content: string;
  readonly #metadata: string;
  readonly #layers: LayerStore;
  readonly #images = new Map<Digest, Held>();

  constructor(root: string, layers: LayerStore, log: Logger) {
    this.#content = join(root, "content", "sha256");
    this.#metadata = join(root, "metadata", "sha256");
    this.#layers = layers;
    for (const folder of [this.#content, this.#metadata]) mkdirSync(folder, { recursive: true, mode: 0o710 });
    for (const hex of readdirSync(this.#content)) {
      if (!/^[0-9a-f]{64}$/.test(hex)) continue;
      try {
        this.#load(`sha256:${hex}`);
      } catch (error) {
        log.warn("image cannot be read and is left alone", { image: hex, error: messageOf(error) });
      }
    }
  }

  #load(id: Digest): void {
    const raw = readFileSync(join(this.#content, hexOf(id)));
    if (digestOf(raw) !== id) throw dataLoss(`content of image ${id} has another digest`);
    this.#hold(id, raw);
  }

  #hold(id: Digest, raw: Uint8Array): Image {
    const config = parseConfig(raw);
    const chainID = chainIDOf(config.rootfs.diff_ids ?? []);
    const layer = chainID === undefined ? undefined : this.#layers.get(chainID);
    const image = { id, config, raw, chainID, parent: this.#readMeta(id, "parent") };
    this.#images.set(id, { image, layer });
    return image;
  }

  #metaFolder(id: Digest): string {
    return join(this.#metadata, hexOf(id));
  }

  #readMeta(id: Digest, name: string): string | undefined {
    const path = join(this.#metaFolder(id), name);
    return existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  }

  #writeMeta(id: Digest, name: string, text: string): void {
    mkdirSync(this.#metaFolder(id), { recursive: true, mode: 0o710 });
    writeAtomic(join(this.#metaFolder(id), name), text);
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
    const present = this.#images.get(id);
    if (present) return present.image;
    const image = this.#hold(id, raw);
    try {
      writeAtomic(join(this.#content, hexOf(id)), raw, { mode: 0o600 });
    } catch (error) {
      await this.#forget(id);
      throw error;
    }
    return image;
  }

  async setParent(id: Digest, parent: Digest): Promise<void> {
    const held = this.#images.get(id);
    if (!held) throw notFound(`No such image: ${id}`);
    this.#writeMeta(id, "parent", parent);
    held.image.parent = parent;
  }

  setLastUpdated(id: Digest): void {
    this.#writeMeta(id, "lastUpdated", new Date().toISOString());
  }

  lastUpdated(id: Digest): Date | undefined {
    const text = this.#readMeta(id, "lastUpdated");
    return text === undefined ? undefined : new Date(text);
  }

  children(id: Digest): Image[] {
    return this.list().filter((image) => image.parent === id);
  }

  async remove(id: Digest): Promise<Digest[]> {
    if (!this.#images.has(id)) throw notFound(`No such image: ${id}`);
    rmSync(join(this.#content, hexOf(id)), { force: true });
    rmSync(this.#metaFolder(id), { recursive: true, force: true });
    syncFolder(this.#content);
    return this.#forget(id);
  }

  async #forget(id: Digest): Promise<Digest[]> {
    const held = this.#images.get(id)!;
    this.#images.delete(id);
    if (!held.layer) return [];
    const stack: Digest[] = [];
    for (let layer: Layer | undefined = held.layer; layer; layer = layer.parent) stack.push(layer.chainID);
    await this.#layers.release(held.layer);
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
  return { architecture: "amd64", os: "linux", ...config } as ImageConfig;
}
