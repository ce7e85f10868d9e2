import { dataLoss } from "../../errors/errors.ts";
import { type Descriptor, isDigest, type Platform } from "./descriptor.ts";
import { isIndexType, isManifestType, MEDIA } from "./media.ts";
import { signedContent } from "./schema1.ts";

/** The manifest of one image. */
export interface ImageManifest {
  kind: "manifest";
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** A list of manifests, one a platform. */
export interface ImageIndex {
  kind: "index";
  mediaType: string;
  manifests: Descriptor[];
}

/** A schema 1 manifest: known, but made of v1 layer configurations. */
export interface LegacyManifest {
  kind: "schema1";
  mediaType: string;
  /** Its bytes without signatures: see signedContent. */
  content: Uint8Array;
}

export type AnyManifest = ImageManifest | ImageIndex | LegacyManifest;

/** Far above any real image; keeps a hostile manifest from costing memory. */
const MAX_ENTRIES = 10_000;

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function bad(why: string): never {
  throw dataLoss(`invalid manifest: ${why}`);
}

function platform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return {
    os,
    architecture,
    ...(typeof variant === "string" && variant !== "" ? { variant } : {}),
    ...(typeof value["os.version"] === "string" ? { "os.version": value["os.version"] } : {}),
  };
}

function descriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value)) bad(`${what} is not an object`);
  const { mediaType, digest, size, urls } = value;
  if (typeof mediaType !== "string") bad(`${what} has no media type`);
  if (typeof digest !== "string" || !isDigest(digest)) bad(`${what} has an invalid digest`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) bad(`${what} has an invalid size`);
  const found = platform(value["platform"]);
  return {
    mediaType,
    digest,
    size,
    ...(Array.isArray(urls) ? { urls: urls.filter((url) => typeof url === "string") } : {}),
    ...(found ? { platform: found } : {}),
    ...(isObject(value["annotations"]) ? { annotations: strings(value["annotations"]) } : {}),
  };
}

const strings = (fields: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

function descriptors(value: unknown, what: string): Descriptor[] {
  if (!Array.isArray(value)) bad(`no list of ${what}s`);
  if (value.length > MAX_ENTRIES) bad(`${value.length} ${what}s, at most ${MAX_ENTRIES} are allowed`);
  return value.map((item, i) => descriptor(item, `${what} ${i}`));
}

/** What the bytes are, where neither header nor mediaType field says so (allowed in OCI): judged by their fields. */
function typeOf(fields: Fields, header: string): string {
  const type = typeof fields["mediaType"] === "string" ? fields["mediaType"] : header;
  if (isIndexType(type) || isManifestType(type)) return type;
  if (fields["schemaVersion"] === 1) return MEDIA.manifest1Signed;
  if (Array.isArray(fields["manifests"])) return MEDIA.ociIndex;
  if (isObject(fields["config"])) return MEDIA.ociManifest;
  return type;
}

/**
 * Reads and checks the bytes of a manifest; `contentType` is the response header's.
 * Errors: dataLoss for anything malformed, contradictory or unsupported.
 */
export function parseManifest(raw: Uint8Array, contentType: string): AnyManifest {
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch (cause) {
    throw dataLoss("invalid manifest: not JSON", { cause });
  }
  if (!isObject(fields)) bad("not an object");
  const mediaType = typeOf(fields, contentType.split(";")[0]?.trim() ?? "");
  if (mediaType === MEDIA.manifest1Signed || mediaType === MEDIA.manifest1)
    return { kind: "schema1", mediaType, content: signedContent(raw) };
  // One document read as both kinds by different programs is an attack (GHSA-77vh-xpmg-72qh).
  if ("manifests" in fields && ("config" in fields || "layers" in fields))
    bad("it has the fields of an index and of an image");
  if (isIndexType(mediaType))
    return { kind: "index", mediaType, manifests: descriptors(fields["manifests"] ?? [], "manifest") };
  if (!isManifestType(mediaType))
    throw dataLoss(`unsupported manifest media type ${JSON.stringify(mediaType)}`);
  if (fields["schemaVersion"] !== 2) bad(`schema version ${JSON.stringify(fields["schemaVersion"])}, want 2`);
  return {
    kind: "manifest",
    mediaType,
    config: descriptor(fields["config"], "config"),
    layers: descriptors(fields["layers"], "layer"),
  };
}
