/** Reads an image archive (OCI layout or docker save) from a stream into the daemon. */

import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { TarReader } from "../../archive/tar/reader.ts";
import { ignoreMissing, invalidArgument, kindOf } from "../../errors/errors.ts";
import type { CallOptions } from "../../grpc/client.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import type { Cli } from "../cli.ts";
import { labelBlob, readJSON, type Written, writeBlob } from "./blobs.ts";
import { type Descriptor, type Index, isIndex, type Manifest } from "./config.ts";

const INDEX = "index.json";
const DOCKER_MANIFEST = "manifest.json";
const DOCKER_TYPES = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar",
};

interface DockerEntry {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}

interface Loaded {
  blobs: Map<string, Written>;
  documents: Map<string, string>;
}

async function* single(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

export interface Loading {
  /** For what has only a tag; "" for "import". */
  baseName: string;
  /** Names by digests too, but with `skipNamed` for what has a name. */
  digests: boolean;
  skipNamed: boolean;
  /** Names the archive's index too. */
  indexName: string | undefined;
  /** Compresses layers that docker save has left as they are. */
  compress: boolean;
}

/** Returns the names of the images made. Errors: invalidArgument for what is no image archive. */
export async function loadArchive(
  cli: Cli,
  source: AsyncIterable<Uint8Array>,
  how: Loading,
): Promise<string[]> {
  const lease = await holdLease(cli);
  try {
    const options = { ...cli.longCall, lease };
    const loaded = await readEntries(cli, options, source);
    const named = await descriptorsOf(cli, options, loaded, how);
    if (how.indexName !== undefined) named.set(how.indexName, await writeIndex(cli, options, loaded, named));
    for (const [name, target] of named) {
      await labelTree(cli, target);
      await nameImage(cli, name, target);
    }
    return [...named.keys()];
  } finally {
    await cli.client(LeasesDefinition).delete({ id: lease }, cli.call);
  }
}

/** A lease that keeps what is written until it is deleted, and returns its id. */
export async function holdLease(cli: Cli): Promise<string> {
  const labels = { "containerd.io/gc.expire": new Date(Date.now() + 24 * 3600_000).toISOString() };
  const { lease } = await cli.client(LeasesDefinition).create({ labels }, cli.call);
  return lease?.id ?? "";
}

async function readEntries(
  cli: Cli,
  options: CallOptions,
  source: AsyncIterable<Uint8Array>,
): Promise<Loaded> {
  const loaded: Loaded = { blobs: new Map(), documents: new Map() };
  const reader = new TarReader(source);
  for (let entry = await reader.next(); entry; entry = await reader.next()) {
    const name = entry.name.replace(/^\.\//, "");
    if (entry.type === "symlink" || entry.type === "link") {
      const target = new URL(entry.linkname, `file:///${entry.type === "link" ? "" : name}`).pathname.slice(
        1,
      );
      const blob = loaded.blobs.get(target);
      if (blob) loaded.blobs.set(name, blob);
    } else if (name === INDEX || name === DOCKER_MANIFEST) {
      const pieces: Uint8Array[] = [];
      for await (const piece of reader.body()) pieces.push(piece);
      loaded.documents.set(name, Buffer.concat(pieces).toString());
    } else if (
      entry.type === "file" &&
      entry.size > 0 &&
      !/(^|\/)(VERSION|oci-layout|repositories|json)$/.test(name)
    )
      loaded.blobs.set(name, await writeBlob(cli, options, `load-${crypto.randomUUID()}`, reader.body()));
  }
  return loaded;
}

async function descriptorsOf(
  cli: Cli,
  options: CallOptions,
  loaded: Loaded,
  how: Loading,
): Promise<Map<string, Descriptor>> {
  const index = loaded.documents.get(INDEX);
  const named = new Map<string, Descriptor>();
  if (index !== undefined) {
    for (const descriptor of (JSON.parse(index) as Index).manifests) {
      named.set(nameOf(descriptor, how.baseName), descriptor);
      nameByDigest(named, descriptor, how, descriptor.annotations !== undefined);
    }
    return named;
  }
  const manifest = loaded.documents.get(DOCKER_MANIFEST);
  if (manifest === undefined)
    throw invalidArgument(`no image archive: it has neither ${INDEX} nor ${DOCKER_MANIFEST}`);
  for (const entry of JSON.parse(manifest) as DockerEntry[]) {
    const descriptor = await convertDocker(cli, options, loaded, entry, how.compress);
    nameByDigest(named, descriptor, how, (entry.RepoTags ?? []).length > 0);
    for (const tag of entry.RepoTags ?? [`import-${descriptor.digest.slice(7, 19)}`])
      named.set(fullName(tag), descriptor);
  }
  return named;
}

/** "busybox:1" is docker.io/library/busybox:1, as ctr names what it imports; what names a host stays. */
export function fullName(name: string): string {
  const slash = name.indexOf("/");
  const host = name.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(host) || host === "localhost") return name;
  return slash < 0 ? `docker.io/library/${name}` : `docker.io/${name}`;
}

function nameByDigest(
  named: Map<string, Descriptor>,
  target: Descriptor,
  how: Loading,
  hasName: boolean,
): void {
  if (how.digests && !(how.skipNamed && hasName))
    named.set(`${how.baseName || "import"}@${target.digest}`, target);
}

/** The archive's index as a blob; docker save's archives have none, and get one. */
async function writeIndex(
  cli: Cli,
  options: CallOptions,
  { documents }: Loaded,
  named: ReadonlyMap<string, Descriptor>,
): Promise<Descriptor> {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifests = [...new Set(named.values())];
  const text = documents.get(INDEX) ?? JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  return { mediaType, ...(await writeBlob(cli, options, `load-${crypto.randomUUID()}`, single(text))) };
}

/** The full name if the archive has one, or the tag after the base name. */
function nameOf({ annotations, digest }: Descriptor, baseName: string): string {
  const full = annotations?.["io.containerd.image.name"];
  if (full) return full;
  const tag = annotations?.["org.opencontainers.image.ref.name"];
  if (tag?.includes("/") || tag?.includes(":")) return tag;
  return tag ? `${baseName || "import"}:${tag}` : `${baseName || "import"}@${digest}`;
}

/** docker save has no manifest of the kind that images are named by: this makes it. */
async function convertDocker(
  cli: Cli,
  options: CallOptions,
  { blobs }: Loaded,
  entry: DockerEntry,
  compress: boolean,
): Promise<Descriptor> {
  const describe = (name: string, mediaType: string): Descriptor => {
    const blob = blobs.get(name);
    if (!blob) throw invalidArgument(`${DOCKER_MANIFEST} names ${name}, which the archive has not`);
    return { mediaType, digest: blob.digest, size: blob.size };
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: DOCKER_TYPES.manifest,
    config: describe(entry.Config, DOCKER_TYPES.config),
    layers: entry.Layers.map((name) => describe(name, DOCKER_TYPES.layer)),
  };
  if (compress)
    for (const [i, layer] of manifest.layers.entries())
      manifest.layers[i] = await compressed(cli, options, layer);
  const text = JSON.stringify(manifest);
  const { digest, size } = await writeBlob(cli, options, `load-${crypto.randomUUID()}`, single(text));
  return { mediaType: DOCKER_TYPES.manifest, digest, size };
}

async function compressed(cli: Cli, options: CallOptions, layer: Descriptor): Promise<Descriptor> {
  const read = async function* () {
    for await (const { data } of cli.client(ContentDefinition).read({ digest: layer.digest }, options))
      yield data;
  };
  const gzip = Readable.from(read()).pipe(createGzip()) as AsyncIterable<Uint8Array>;
  const written = await writeBlob(cli, options, `load-${crypto.randomUUID()}`, gzip);
  return { ...layer, ...written, mediaType: `${layer.mediaType}.gzip` };
}

/** Labels by which the garbage collector finds from a document what it names. */
async function labelTree(cli: Cli, target: Descriptor): Promise<void> {
  await cli.client(ContentDefinition).info({ digest: target.digest }, cli.call);
  if (isIndex(target)) {
    const { manifests } = await readJSON<Index>(cli, target.digest);
    const labels = manifests.map(({ digest }, i) => [`containerd.io/gc.ref.content.m.${i}`, digest]);
    await labelBlob(cli, target.digest, Object.fromEntries(labels));
    // Of an image for many platforms, archives often hold one.
    for (const child of manifests) await labelTree(cli, child).catch(ignoreMissing);
    return;
  }
  const { config, layers } = await readJSON<Manifest>(cli, target.digest);
  await labelBlob(cli, target.digest, {
    "containerd.io/gc.ref.content.config": config.digest,
    ...Object.fromEntries(layers.map(({ digest }, i) => [`containerd.io/gc.ref.content.l.${i}`, digest])),
  });
}

/** Gives an image its name, taking it from another. */
export async function nameImage(
  cli: Cli,
  name: string,
  target: Pick<Descriptor, "mediaType" | "digest" | "size">,
  labels: Record<string, string> = {},
): Promise<void> {
  const image = {
    name,
    labels,
    target: { mediaType: target.mediaType, digest: target.digest, size: BigInt(target.size) },
  };
  try {
    await cli.client(ImagesDefinition).create({ image }, cli.call);
  } catch (error) {
    if (kindOf(error) !== "exists") throw error;
    await cli.client(ImagesDefinition).update({ image, updateMask: { paths: ["target"] } }, cli.call);
  }
}
