/** `docker save`: an archive that is an OCI image layout and, by manifest.json, what every Docker loads. */
import { createHash } from "node:crypto";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import { hexOf } from "../layers/chain-id.ts";
import type { ImageRoot } from "../open.ts";
import { canonicalName, familiarName, familiarReference, parseReference } from "../reference.ts";
import type { Digest, Image, Layer } from "../types.ts";

interface Chosen {
  image: Image;
  /** Familiar "name:tag". */
  tags: string[];
}

/** The images that names stand for: a name with a tag or an id means one, a bare name all of its tags. Errors: notFound. */
export function chooseImages(root: ImageRoot, names: string[]): Chosen[] {
  const chosen = new Map<Digest, Chosen>();
  const add = (image: Image, tag: string | undefined) => {
    const entry = chosen.get(image.id) ?? { image, tags: [] };
    if (tag !== undefined && !entry.tags.includes(tag)) entry.tags.push(tag);
    chosen.set(image.id, entry);
  };
  for (const name of names) {
    const tagged = tagsNamed(root, name);
    for (const { tag, id } of tagged) add(root.images.get(id), tag);
    if (tagged.length === 0) add(root.resolve(name), undefined);
  }
  return [...chosen.values()];
}

function tagsNamed(root: ImageRoot, name: string): { tag: string; id: Digest }[] {
  let wanted: ReturnType<typeof parseReference>;
  try {
    wanted = parseReference(name);
  } catch {
    return [];
  }
  const found = root.references.all().flatMap(({ reference, id }) => {
    const held = parseReference(reference);
    const same =
      canonicalName(held) === canonicalName(wanted) &&
      held.digest === undefined &&
      wanted.digest === undefined;
    if (!same || (wanted.tag !== undefined && wanted.tag !== held.tag)) return [];
    return [{ tag: familiarReference(held), id }];
  });
  return found.sort((a, b) => (a.tag < b.tag ? -1 : 1));
}

interface Blob {
  digest: Digest;
  size: number;
  bytes(): AsyncIterable<Uint8Array>;
}

/** The archive, in portions; every layer once. */
export async function* saveImages(root: ImageRoot, images: Chosen[]): AsyncGenerator<Uint8Array> {
  const blobs = new Map<Digest, Blob>();
  const held: Layer[] = [];
  try {
    const documents = await describe(root, images, blobs, held);
    for (const [name, text] of Object.entries(documents)) yield* file(name, Buffer.from(text));
    for (const name of ["blobs", "blobs/sha256"]) yield encodeHeader(tarHeader({ name, type: "directory" }));
    for (const blob of blobs.values()) {
      yield encodeHeader(tarHeader({ name: blobPath(blob.digest), type: "file", size: blob.size }));
      yield* blob.bytes();
      yield padding(blob.size);
    }
    yield END_OF_ARCHIVE;
  } finally {
    for (const layer of held) await root.layers.release(layer);
  }
}

const blobPath = (digest: Digest) => `blobs/sha256/${hexOf(digest)}`;

async function* file(name: string, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield encodeHeader(tarHeader({ name, type: "file", size: bytes.length }));
  yield bytes;
  yield padding(bytes.length);
}

async function describe(
  root: ImageRoot,
  images: Chosen[],
  blobs: Map<Digest, Blob>,
  held: Layer[],
): Promise<Record<string, string>> {
  const manifests: object[] = [];
  const index: object[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const { image, tags } of images) {
    const layers = layersOf(root, image, held);
    const descriptors = await Promise.all(layers.map((layer) => describeLayer(layer, blobs)));
    const config = addBytes(blobs, image.raw, "application/vnd.oci.image.config.v1+json");
    manifests.push({
      Config: blobPath(image.id),
      RepoTags: tags.length > 0 ? tags : null,
      Layers: layers.map((layer) => blobPath(layer.diffID)),
    });
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config,
        layers: descriptors,
      }),
    );
    const descriptor = addBytes(blobs, manifest, "application/vnd.oci.image.manifest.v1+json");
    for (const tag of tags) {
      const reference = parseReference(tag);
      const name = `${canonicalName(reference)}:${reference.tag}`;
      index.push({
        ...descriptor,
        annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": reference.tag },
      });
      repositories[familiarName(reference)] = {
        ...repositories[familiarName(reference)],
        [reference.tag!]: hexOf(image.id),
      };
    }
    if (tags.length === 0) index.push(descriptor);
  }
  return {
    "oci-layout": JSON.stringify({ imageLayoutVersion: "1.0.0" }),
    "manifest.json": `${JSON.stringify(manifests)}\n`,
    "index.json": JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: index,
    }),
    ...(Object.keys(repositories).length > 0 ? { repositories: `${JSON.stringify(repositories)}\n` } : {}),
  };
}

/** Bottom first; each is kept until the archive has been written. */
function layersOf(root: ImageRoot, image: Image, held: Layer[]): Layer[] {
  if (image.chainID === undefined) return [];
  const top = root.layers.get(image.chainID);
  held.push(top);
  const stack: Layer[] = [];
  for (let layer: Layer | undefined = top; layer; layer = layer.parent) stack.unshift(layer);
  return stack;
}

async function describeLayer(layer: Layer, blobs: Map<Digest, Blob>): Promise<object> {
  const size = blobs.get(layer.diffID)?.size ?? (await layer.tarSize());
  blobs.set(layer.diffID, { digest: layer.diffID, size, bytes: () => layer.tarStream() });
  return { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.diffID, size };
}

function addBytes(
  blobs: Map<Digest, Blob>,
  bytes: Uint8Array,
  mediaType: string,
): { mediaType: string; digest: Digest; size: number } {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  blobs.set(digest, {
    digest,
    size: bytes.length,
    async *bytes() {
      yield bytes;
    },
  });
  return { mediaType, digest, size: bytes.length };
}
