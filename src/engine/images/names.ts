import { invalidArgument } from "../../errors/errors.ts";
import { isDigest } from "../../images/registry/descriptor.ts";
import { HUB_DOMAIN } from "../../images/registry/endpoint.ts";
import { familiarName } from "../../images/registry/translate.ts";

/** A name of an image in parts; "busybox" is { domain: "docker.io", path: "library/busybox" }. */
export interface ImageName {
  domain: string;
  path: string;
  tag?: string;
  digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const DOMAIN_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const TAG = /^[\w][\w.-]{0,127}$/;
const MAX_NAME = 255;

/** Reads a name as people type it. Errors: invalidArgument in stock's words. */
export function parseImageName(text: string): ImageName {
  if (/^[0-9a-f]{64}$/.test(text))
    throw invalidArgument(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  if (digest !== undefined && !isDigest(digest)) throw invalidArgument("invalid reference format");
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) throw invalidArgument("invalid reference format");
  const { domain, path } = splitDomain(tagged ? named.slice(0, colon) : named);
  if (path !== path.toLowerCase() && PATH.test(path.toLowerCase()))
    throw invalidArgument(`invalid reference format: repository name (${path}) must be lowercase`);
  if (!PATH.test(path) || !DOMAIN.test(domain)) throw invalidArgument("invalid reference format");
  if (domain.length + 1 + path.length > MAX_NAME)
    throw invalidArgument(`repository name must not be more than ${MAX_NAME} characters`);
  return { domain, path, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const domain = isDomain ? first : HUB_DOMAIN;
  const path = isDomain ? name.slice(slash + 1) : name;
  if (domain !== HUB_DOMAIN && domain !== "index.docker.io") return { domain, path };
  return { domain: HUB_DOMAIN, path: path.includes("/") ? path : `library/${path}` };
}

/** Reads a name that must come without a tag or digest, and joins it with one. Errors: invalidArgument. */
export function withTag(name: ImageName, tagOrDigest: string): ImageName {
  const { domain, path } = name;
  if (tagOrDigest === "") return name;
  if (tagOrDigest.includes(":")) {
    if (!isDigest(tagOrDigest)) throw invalidArgument("invalid reference format");
    return { domain, path, digest: tagOrDigest };
  }
  if (!TAG.test(tagOrDigest)) throw invalidArgument("invalid tag format");
  return { domain, path, tag: tagOrDigest };
}

/** "docker.io/library/busybox" */
export const repositoryOf = ({ domain, path }: ImageName): string => `${domain}/${path}`;

/** ":latest" or "@sha256:…"; a digest goes before a tag. */
const suffixOf = ({ tag, digest }: ImageName): string => (digest ? `@${digest}` : tag ? `:${tag}` : "");

/** The key of the reference store: "docker.io/library/busybox:latest". */
export const canonical = (name: ImageName): string => repositoryOf(name) + suffixOf(name);

/** As people write it: "busybox:latest". */
export const familiar = (name: ImageName): string => familiarName(name.domain, name.path) + suffixOf(name);

/** The familiar form of a key of the reference store. */
export const familiarOf = (reference: string): string => familiar(parseImageName(reference));
