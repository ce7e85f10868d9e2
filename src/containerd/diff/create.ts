import { createGzip } from "node:zlib";
import { invalidArgument, kindOf } from "../../errors/errors.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import type { IngestWriter } from "../content/ingest.ts";
import type { ContentStore } from "../content/store.ts";
import type { Labels } from "../metadata/namespaces.ts";
import type { Mount } from "../snapshots/snapshot.ts";
import { spawnChild } from "./child.ts";
import { withMounts } from "./layer-target.ts";

const OCI_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Whether a layer of that media type is compressed. */
const COMPRESSED: Readonly<Record<string, boolean | undefined>> = {
  [OCI_GZIP]: true,
  "application/vnd.docker.image.rootfs.diff.tar.gzip": true,
  "application/vnd.oci.image.layer.v1.tar": false,
  "application/vnd.docker.image.rootfs.diff.tar": false,
};

export interface DiffOptions {
  left: readonly Mount[];
  right: readonly Mount[];
  /** "" for OCI's gzip. */
  mediaType: string;
  /** Name of the ingest; "" for one of our own. */
  ref: string;
  labels: Labels;
  signal: AbortSignal;
}

/**
 * Writes what `right` has changed against `left` as a layer into the content store. Errors: invalidArgument for
 * a media type that is no layer's; whatever mounting says.
 */
export async function createDiff(
  content: ContentStore,
  namespace: string,
  options: DiffOptions,
): Promise<Descriptor> {
  const mediaType = options.mediaType || OCI_GZIP;
  const compressed = COMPRESSED[mediaType];
  if (compressed === undefined)
    throw invalidArgument(`unsupported diff media type: ${mediaType}: invalid argument`);
  const ref = options.ref || `diff-${crypto.randomUUID()}`;
  const writer = await content.openWriter(namespace, ref, 0, "");
  try {
    // What a former try left is no beginning of this one.
    await writer.truncate(0);
    const uncompressed = await mounted(options.left, (left) =>
      mounted(options.right, (right) => packInto(writer, left, right, compressed, options.signal)),
    );
    const labels: Labels = compressed
      ? { ...options.labels, "containerd.io/uncompressed": uncompressed }
      : options.labels;
    const size = BigInt(writer.status.offset);
    const digest = await commit(content, namespace, writer, labels);
    return { mediaType, digest, size, annotations: {} };
  } finally {
    await content.closeWriter(writer);
  }
}

/** No mounts: the layer is the whole of the right side. */
async function mounted<T>(mounts: readonly Mount[], work: (folder: string) => Promise<T>): Promise<T> {
  return mounts.length === 0 ? work("") : withMounts(mounts, work);
}

/** Writes a layer of what `right` has beyond `left` ("" for nothing); resolves to the digest of the uncompressed tar. */
export async function packInto(
  writer: IngestWriter,
  left: string,
  right: string,
  compressed: boolean,
  signal: AbortSignal,
): Promise<string> {
  const { output, finished } = spawnChild(["pack-layer", right, left], "make a layer", signal);
  const hasher = new Bun.CryptoHasher("sha256");
  const hashed = async function* () {
    for await (const chunk of output) {
      hasher.update(chunk);
      yield chunk;
    }
  };
  const source: AsyncIterable<Uint8Array> = compressed ? gzip(hashed()) : hashed();
  for await (const chunk of source) await writer.write(chunk);
  await finished;
  return `sha256:${hasher.digest("hex")}`;
}

async function* gzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { pipeline } = await import("node:stream");
  const compressor = createGzip();
  pipeline(source, compressor, () => {});
  yield* compressor as AsyncIterable<Uint8Array>;
}

/** Commits what may be here already; then the labels are added to those that it has. */
export async function commit(
  content: ContentStore,
  namespace: string,
  writer: IngestWriter,
  labels: Labels,
): Promise<string> {
  const { digest } = writer;
  try {
    await content.commit(namespace, writer, 0, "", labels);
  } catch (error) {
    if (kindOf(error) !== "exists") throw error;
    const merged = { ...content.info(namespace, digest).labels, ...labels };
    content.update(namespace, digest, merged, ["labels"]);
  }
  return digest;
}
