/** Writes images as an OCI layout archive, with the manifest.json that docker load reads. */
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import type { Platform } from "../../images/registry/descriptor.ts";
import { choosePlatform, hostPlatform, matchesPlatform } from "../../images/registry/platform.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import type { Cli } from "../cli.ts";
import { hasBlob, readJSON } from "./blobs.ts";
import { type Descriptor, type Index, isIndex, type Manifest } from "./config.ts";

const pathOf = (digest: string) => `blobs/${digest.replace(":", "/")}`;

/** The archive of some images, as a stream. Errors: notFound. */
export interface Saving {
  /** Of an index, only these; undefined for all that are here. */
  platform: Platform | undefined;
  /** Whether manifest.json, for `docker load`, is left out. */
  skipDockerManifest: boolean;
  /** Whether layers are left out that say that they are not to be distributed. */
  skipNonDistributable: boolean;
}

const NON_DISTRIBUTABLE = /\.(nondistributable|foreign)\./;

export async function* saveArchive(
  cli: Cli,
  names: readonly string[],
  how: Saving,
): AsyncIterable<Uint8Array> {
  const targets: Descriptor[] = [];
  const wanted = new Map<string, number>();
  const dockerEntries: object[] = [];
  for (const name of names) {
    const { image } = await cli.client(ImagesDefinition).get({ name }, cli.call);
    const { mediaType, digest, size } = image!.target!;
    const target = { mediaType, digest, size: Number(size) };
    targets.push({ ...target, annotations: { "io.containerd.image.name": name } });
    await collect(cli, how, target, wanted);
    if (!how.skipDockerManifest) dockerEntries.push(await dockerEntry(cli, name, target));
  }
  yield* file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  for (const [digest, size] of wanted) yield* blob(cli, digest, size);
  if (!how.skipDockerManifest) yield* file("manifest.json", JSON.stringify(dockerEntries));
  yield* file("index.json", JSON.stringify({ schemaVersion: 2, manifests: targets }));
  yield END_OF_ARCHIVE;
}

/** All that an image leads to and that is here. */
async function collect(
  cli: Cli,
  how: Saving,
  target: Descriptor,
  wanted: Map<string, number>,
): Promise<void> {
  if (wanted.has(target.digest)) return;
  wanted.set(target.digest, target.size);
  if (isIndex(target)) {
    for (const child of (await readJSON<Index>(cli, target.digest)).manifests) {
      const { platform } = child;
      if (how.platform && platform && !matchesPlatform(platform, how.platform)) continue;
      if (await hasBlob(cli, child.digest)) await collect(cli, how, child, wanted);
    }
    return;
  }
  const { config, layers } = await readJSON<Manifest>(cli, target.digest);
  for (const { digest, size, mediaType } of [config, ...layers])
    if (!how.skipNonDistributable || !NON_DISTRIBUTABLE.test(mediaType)) wanted.set(digest, size);
}

async function dockerEntry(cli: Cli, name: string, target: Descriptor): Promise<object> {
  const chosen = isIndex(target)
    ? choosePlatform((await readJSON<Index>(cli, target.digest)).manifests, hostPlatform())
    : target;
  const { config, layers } = await readJSON<Manifest>(cli, (chosen ?? target).digest);
  return {
    Config: pathOf(config.digest),
    RepoTags: [name],
    Layers: layers.map(({ digest }) => pathOf(digest)),
  };
}

async function* file(name: string, text: string): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  yield encodeHeader(tarHeader({ name, type: "file", size: bytes.length }));
  yield bytes;
  yield padding(bytes.length);
}

async function* blob(cli: Cli, digest: string, size: number): AsyncIterable<Uint8Array> {
  yield encodeHeader(tarHeader({ name: pathOf(digest), type: "file", size }));
  for await (const { data } of cli.client(ContentDefinition).read({ digest }, cli.longCall)) yield data;
  yield padding(size);
}
