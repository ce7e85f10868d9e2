/** A build for several platforms: what it writes. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TarReader } from "../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import { canonicalName, parseReference } from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { saveStream } from "../save-stream.ts";
import { type Output, writeOutput } from "./outputs.ts";

/** The image of one platform. */
export interface Variant {
  platform: string;
  id: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

const INDEX = "application/vnd.oci.image.index.v1+json";

/** "linux/amd64,linux/arm64" → both, each once. */
export function platformsOf(flag: string | undefined): string[] {
  const text = flag ?? process.env["DOCKER_DEFAULT_PLATFORM"] ?? "";
  const all = text.split(",").map((one) => one.trim());
  return [...new Set(all.filter((one) => one !== ""))];
}

/** Errors: plain, if the outputs cannot hold several platforms. */
export function checkPlatforms(platforms: string[], outputs: readonly Output[], once: boolean): void {
  const many = `a build for ${platforms.length} platforms`;
  if (once) throw new Error(`${many} sends its context as often: it cannot come from stdin`);
  if (outputs.length === 0)
    throw new Error(
      `${many} needs an output, as the engine's store has one platform an image: --output type=oci,dest=FILE`,
    );
  const wrong = outputs.find(({ type }) => type !== "oci" && type !== "local");
  if (wrong)
    throw new Error(
      `${many} cannot be written as type=${wrong.type}: use --output type=oci,dest=FILE or type=local,dest=FOLDER`,
    );
  const nowhere = outputs.find(({ dest }) => dest === undefined);
  if (nowhere) throw new Error(`dest is required for ${nowhere.type} output`);
}

/** Writes all outputs, and gives the digest of the index. Errors: plain. */
export async function writePlatforms(
  cli: Cli,
  outputs: readonly Output[],
  variants: readonly Variant[],
  tags: readonly string[],
): Promise<string> {
  let digest = "";
  for (const output of outputs) {
    if (output.type === "local") {
      for (const { platform, id } of variants) {
        const dest = join(output.dest!, platform.replaceAll("/", "_"));
        mkdirSync(output.dest!, { recursive: true });
        await writeOutput(cli, { ...output, dest }, id, []);
      }
      continue;
    }
    const path = output.dest === "-" ? undefined : output.dest;
    await saveStream(cli, path, "save image", async () => {
      const saved = await cli.client.stream("GET", "/images/get", {
        query: { names: variants.map(({ id }) => id) },
      });
      const layout = await platformIndex(cli, variants);
      return { ...saved, body: layout.rewrite(saved.body, tags, (found) => (digest = found)) };
    });
  }
  return digest;
}

interface Inspected {
  Os: string;
  Architecture: string;
  Variant?: string;
}

/** What to make of the archive of all the images: an OCI layout of one index. */
async function platformIndex(cli: Cli, variants: readonly Variant[]) {
  const platforms = new Map<string, Descriptor["platform"] & object>();
  for (const { id } of variants) {
    const image = await cli.client.json<Inspected>("GET", `/images/${id}/json`);
    const { Os: os, Architecture: architecture, Variant: variant } = image;
    platforms.set(id, { os, architecture, ...(variant ? { variant } : {}) });
  }
  return {
    rewrite: (tar: AsyncIterable<Uint8Array>, tags: readonly string[], told: (digest: string) => void) =>
      rewrite(tar, platforms, tags, told),
  };
}

/** The archive with a layout whose only entry is an index of all its images. */
export async function* rewrite(
  tar: AsyncIterable<Uint8Array>,
  platforms: ReadonlyMap<string, Descriptor["platform"] & object>,
  tags: readonly string[],
  told: (digest: string) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const documents: Record<string, string> = {};
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const { name, size } = header;
    if (name === "index.json" || name === "manifest.json") documents[name] = await textOf(reader);
    else if (name.startsWith("blobs") || name === "oci-layout") {
      yield encodeHeader(header);
      yield* reader.body();
      yield padding(size);
    }
  }
  const manifests = describe(documents, platforms);
  const nested = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  const digest = `sha256:${createHash("sha256").update(nested).digest("hex")}`;
  told(digest);
  const descriptor = { mediaType: INDEX, digest, size: nested.length };
  const named = tags.map((tag) => ({ ...descriptor, annotations: annotationsOf(tag) }));
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: named.length > 0 ? named : [descriptor] };
  yield* file(`blobs/sha256/${digest.slice("sha256:".length)}`, nested);
  yield* file("index.json", Buffer.from(JSON.stringify(index)));
  yield END_OF_ARCHIVE;
}

/** The images' manifests, which both documents have in the same order, with their platforms. */
function describe(
  documents: Record<string, string>,
  platforms: ReadonlyMap<string, Descriptor["platform"] & object>,
): Descriptor[] {
  const { manifests } = JSON.parse(documents["index.json"] ?? "{}") as { manifests?: Descriptor[] };
  const entries = JSON.parse(documents["manifest.json"] ?? "[]") as { Config: string }[];
  if (!manifests || manifests.length !== entries.length)
    throw new Error("this engine's archives have no OCI layout: type=oci for several platforms needs one");
  return entries.map(({ Config }, i) => {
    const platform = platforms.get(`sha256:${Config.slice(Config.lastIndexOf("/") + 1)}`);
    if (!platform) throw new Error(`the engine's archive has an image that was not asked for: ${Config}`);
    const { mediaType, digest, size } = manifests[i]!;
    return { mediaType, digest, size, platform };
  });
}

function annotationsOf(tag: string): Record<string, string> {
  const reference = parseReference(tag);
  const name = reference.tag ?? "latest";
  return {
    "io.containerd.image.name": `${canonicalName(reference)}:${name}`,
    "org.opencontainers.image.ref.name": name,
  };
}

async function textOf(reader: TarReader): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.body()) chunks.push(chunk.slice());
  return Buffer.concat(chunks).toString("utf8");
}

function* file(name: string, content: Uint8Array): Generator<Uint8Array> {
  yield encodeHeader(tarHeader({ name, type: "file", size: content.length }));
  yield content;
  yield padding(content.length);
}
