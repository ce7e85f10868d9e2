/**
 * Names of images, as people type them and as they are meant: "busybox" is "docker.io/library/busybox:latest".
 * Grammar: distribution's reference format.
 */
import { invalidArgument } from "../errors/errors.ts";

export interface Reference {
  /** "docker.io", "127.0.0.1:5000" */
  domain: string;
  /** "library/busybox" */
  path: string;
  tag?: string;
  /** "sha256:..." */
  digest?: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::\d+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const HEX_ID = /^[a-f0-9]{64}$/;
const DEFAULT_DOMAIN = "docker.io";
const LEGACY_DOMAIN = "index.docker.io";
const OFFICIAL = "library/";
const MAX_NAME = 255;

/** Reads what a person typed. Errors: invalidArgument, in Docker's words. */
export function parseReference(text: string): Reference {
  if (HEX_ID.test(text)) {
    throw invalidArgument(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { name, tag, digest } = splitReference(text);
  const { domain, path } = splitDomain(name);
  if (path !== path.toLowerCase() && COMPONENT.test(path.toLowerCase().split("/").at(-1)!)) {
    throw invalidArgument(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  const valid = DOMAIN.test(domain) && path.split("/").every((part) => COMPONENT.test(part));
  if (!valid || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) {
    throw invalidArgument("invalid reference format");
  }
  if (`${domain}/${path}`.length > MAX_NAME)
    throw invalidArgument(`repository name must not be more than ${MAX_NAME} characters`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitReference(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(":");
  const tagged = colon > rest.lastIndexOf("/");
  return {
    name: tagged ? rest.slice(0, colon) : rest,
    ...(tagged ? { tag: rest.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The first part is a domain only if it looks like one: a dot, a port, "localhost", or a capital letter. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const domain = isDomain ? first : DEFAULT_DOMAIN;
  const path = isDomain ? name.slice(slash + 1) : name;
  const canonical = domain === LEGACY_DOMAIN ? DEFAULT_DOMAIN : domain;
  const official = canonical === DEFAULT_DOMAIN && !path.includes("/");
  return { domain: canonical, path: official ? OFFICIAL + path : path };
}

/** With ":latest" if there is neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: "latest" }
    : reference;
}

/** "docker.io/library/busybox" */
export const canonicalName = ({ domain, path }: Reference): string => `${domain}/${path}`;

/** "busybox", "user/x", "127.0.0.1:5000/x" */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const short = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path;
  return short.includes("/") || short === "" ? path : short;
}

const suffix = ({ tag, digest }: Reference) =>
  (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);

/** "docker.io/library/busybox:latest", the form that stores use. */
export const canonicalReference = (reference: Reference): string =>
  canonicalName(reference) + suffix(reference);

/** "busybox:latest", the form that people see. */
export const familiarReference = (reference: Reference): string =>
  familiarName(reference) + suffix(reference);
