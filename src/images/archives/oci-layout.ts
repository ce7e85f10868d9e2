import { createHash } from "node:crypto";
import { dataLoss, invalidArgument } from "../../errors/errors.ts";
import type { ArchiveFolder } from "./folder.ts";
import type { ArchivedImage } from "./load.ts";

interface Descriptor {
  mediaType?: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
  platform?: { architecture: string; os: string };
}

interface Document {
  mediaType?: string;
  manifests?: Descriptor[];
  config?: Descriptor;
  layers?: Descriptor[];
}

const NAMES = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
const ARCH: Record<string, string> = { x64: "amd64" };

/** The images of an OCI image layout (image-spec image-layout.md) that this machine can run. */
export function imagesInLayout(archive: ArchiveFolder): ArchivedImage[] {
  const index = archive.json("index.json") as Document;
  if (!Array.isArray(index?.manifests))
    throw invalidArgument("invalid OCI layout: index.json has no manifests");
  return index.manifests.map((descriptor) => imageOf(archive, descriptor, nameOf(descriptor)));
}

/** A ref name may be only a tag ("latest"), which names no repository; those images come in by id. */
function nameOf({ annotations }: Descriptor): string[] {
  const name = NAMES.map((key) => annotations?.[key]).find((value) => value !== undefined);
  return name !== undefined && /[/:]/.test(name) ? [name] : [];
}

function imageOf(archive: ArchiveFolder, descriptor: Descriptor, tags: string[]): ArchivedImage {
  const document = documentOf(archive, descriptor);
  if (Array.isArray(document.manifests)) {
    const wanted = document.manifests.find(
      ({ platform }) =>
        platform?.os === "linux" && platform.architecture === (ARCH[process.arch] ?? process.arch),
    );
    const chosen = wanted ?? (document.manifests.length === 1 ? document.manifests[0] : undefined);
    if (!chosen)
      throw invalidArgument("invalid OCI layout: no image in it is for linux on this architecture");
    return imageOf(archive, chosen, tags);
  }
  if (!document.config || !Array.isArray(document.layers)) {
    throw invalidArgument(`invalid OCI layout: ${descriptor.digest} is neither index nor manifest`);
  }
  documentOf(archive, document.config);
  return {
    config: blobPath(document.config.digest),
    layers: document.layers.map((layer) => blobPath(layer.digest)),
    tags,
  };
}

function blobPath(digest: string): string {
  const match = /^(sha256):([0-9a-f]{64})$/.exec(digest ?? "");
  if (!match) throw invalidArgument(`invalid OCI layout: malformed digest ${JSON.stringify(digest)}`);
  return `blobs/${match[1]}/${match[2]}`;
}

/** A small blob, checked against its digest. */
function documentOf(archive: ArchiveFolder, { digest }: Descriptor): Document {
  const bytes = archive.bytes(blobPath(digest));
  const found = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (found !== digest) throw dataLoss(`invalid OCI layout: ${blobPath(digest)} has digest ${found}`);
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Document;
  } catch (cause) {
    throw invalidArgument(`invalid OCI layout: ${digest} is not JSON`, { cause });
  }
}
