/** Another form of an image: layers without compression, OCI's media types for Docker's. What is equal stays shared. */
import { notFound } from "../../errors/errors.ts";
import type { CallOptions } from "../../grpc/client.ts";
import { decompressLayer } from "../../images/registry/decompress.ts";
import type { Platform } from "../../images/registry/descriptor.ts";
import { matchesPlatform } from "../../images/registry/platform.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import type { Cli } from "../cli.ts";
import { hasBlob, labelBlob, readJSON, writeBlob } from "./blobs.ts";
import { type Descriptor, type Index, isIndex, type Manifest } from "./config.ts";

export interface Conversion {
  uncompress: boolean;
  oci: boolean;
  /** Undefined for all. */
  platform: Platform | undefined;
}

const OCI_TYPES: Record<string, string> = {
  "application/vnd.docker.distribution.manifest.list.v2+json": "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json": "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.container.image.v1+json": "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.foreign.diff.tar":
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
};

const COMPRESSED = /([.+](gzip|zstd))$/;

export class Converter {
  readonly #cli: Cli;
  readonly #call: CallOptions;
  readonly #how: Conversion;

  /** `call` holds the lease that keeps what is made until it has a name. */
  constructor(cli: Cli, call: CallOptions, how: Conversion) {
    this.#cli = cli;
    this.#call = call;
    this.#how = how;
  }

  /** Errors: notFound for what is not here, or when nothing is for the platform. */
  async convert(target: Descriptor): Promise<Descriptor> {
    return isIndex(target) ? this.#index(target) : this.#manifest(target);
  }

  async #index(target: Descriptor): Promise<Descriptor> {
    const index = await readJSON<Index>(this.#cli, target.digest);
    const { platform } = this.#how;
    const wanted = index.manifests.filter(
      (entry) => !platform || (entry.platform && matchesPlatform(entry.platform, platform)),
    );
    if (wanted.length === 0) throw notFound(`index ${target.digest} has nothing for the platform`);
    const manifests: Descriptor[] = [];
    for (const entry of wanted) manifests.push({ ...entry, ...(await this.convert(entry)) });
    const labels = manifests.map(({ digest }, i) => [`containerd.io/gc.ref.content.m.${i}`, digest]);
    return this.#document(target, { ...index, manifests }, Object.fromEntries(labels));
  }

  async #manifest(target: Descriptor): Promise<Descriptor> {
    const manifest = await readJSON<Manifest>(this.#cli, target.digest);
    const config = { ...manifest.config, mediaType: this.#typeOf(manifest.config.mediaType) };
    const layers: Descriptor[] = [];
    for (const layer of manifest.layers) layers.push(await this.#layer(layer));
    return this.#document(
      target,
      { ...manifest, config, layers },
      {
        "containerd.io/gc.ref.content.config": config.digest,
        ...Object.fromEntries(layers.map(({ digest }, i) => [`containerd.io/gc.ref.content.l.${i}`, digest])),
      },
    );
  }

  #typeOf(mediaType: string): string {
    return this.#how.oci ? (OCI_TYPES[mediaType] ?? mediaType) : mediaType;
  }

  async #layer(layer: Descriptor): Promise<Descriptor> {
    const mediaType = this.#typeOf(layer.mediaType);
    if (!this.#how.uncompress || !COMPRESSED.test(layer.mediaType)) return { ...layer, mediaType };
    const written = await writeBlob(
      this.#cli,
      this.#call,
      `convert-uncompress-from-${layer.digest}`,
      decompressLayer(this.#read(layer.digest)),
    );
    return { ...layer, ...written, mediaType: mediaType.replace(COMPRESSED, "") };
  }

  async *#read(digest: string): AsyncGenerator<Uint8Array> {
    for await (const { data } of this.#cli.client(ContentDefinition).read({ digest }, this.#cli.longCall))
      yield data;
  }

  /** Writes a document unless it is what it was. */
  async #document(
    target: Descriptor,
    document: Index | Manifest,
    labels: Record<string, string>,
  ): Promise<Descriptor> {
    const mediaType = this.#typeOf(target.mediaType);
    const text = JSON.stringify({ ...document, ...(document.mediaType ? { mediaType } : {}) });
    const bytes = Buffer.from(text);
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    const ref = `convert-write-${crypto.randomUUID()}`;
    const written = await writeBlob(this.#cli, this.#call, ref, source(), labels);
    if (await hasBlob(this.#cli, written.digest)) await labelBlob(this.#cli, written.digest, labels);
    return { ...target, ...written, mediaType };
  }
}
