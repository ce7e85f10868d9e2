import { invalidArgument } from "../../errors/errors.ts";
import type { HostsFile } from "./hosts-file.ts";
import type { InsecureRegistries } from "./insecure.ts";
import type { TLSOptions } from "./transport.ts";

/** Where Docker Hub's images are served from. */
export const HUB_DOMAIN = "docker.io";
const HUB_URL = "https://registry-1.docker.io";

/** One place to ask for a repository. */
export interface Endpoint {
  /** Without /v2/: "https://registry-1.docker.io". */
  url: string;
  /** A mirror's failure of any kind lets the next endpoint be asked. */
  mirror: boolean;
  tls: TLSOptions | undefined;
  /** True if the URL takes the place of /v2 as well. */
  wholePath?: boolean;
  /** Sent with each request. */
  headers?: Record<string, string>;
}

/** What decides on endpoints; all of it may change by a reload. */
export interface RegistrySettings {
  /** Mirrors of Docker Hub, as `--registry-mirror` gives them. */
  mirrors: readonly string[];
  /** Mirrors of other registries by domain; also "docker.io". */
  hostMirrors: Readonly<Record<string, readonly string[]>>;
  insecure: InsecureRegistries;
  /** CAs and client certificates of a registry, such as certs.d holds them. */
  tls(domain: string): Promise<Omit<TLSOptions, "verify"> | undefined>;
  /** What the registry's hosts.toml says. */
  hosts?(domain: string): Promise<HostsFile | undefined>;
}

/** Checks a mirror's URL and gives its normal form. Errors: invalidArgument with stock's texts. */
export function checkMirror(text: string): string {
  const url = URL.parse(text);
  if (!url) throw invalidArgument(`invalid mirror: ${JSON.stringify(text)} is not a valid URI`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw invalidArgument(
      `invalid mirror: unsupported scheme ${JSON.stringify(url.protocol.slice(0, -1))} in ${text}`,
    );
  if (url.search || url.hash)
    throw invalidArgument(`invalid mirror: query or fragment at end of the URI ${JSON.stringify(text)}`);
  if (url.username)
    throw invalidArgument("invalid mirror: username and password not allowed in the URI of a mirror");
  return url.href.replace(/\/+$/, "");
}

/**
 * The places to pull a repository of `domain` from, in the order to try them: mirrors, the hosts of its hosts.toml, the
 * registry itself, and for an insecure registry the same by http. Pushes leave out mirrors, and hosts not for pushing.
 */
export async function endpointsFor(
  domain: string,
  settings: RegistrySettings,
  purpose: "pull" | "push",
): Promise<Endpoint[]> {
  const file = await settings.hosts?.(domain);
  const own = settings.hostMirrors[domain] ?? [];
  const mirrors = purpose === "push" ? [] : [...own, ...(domain === HUB_DOMAIN ? settings.mirrors : [])];
  const endpoints: Endpoint[] = [];
  for (const mirror of new Set(mirrors)) {
    const url = new URL(mirror);
    const verify = !(await settings.insecure.has(url.host));
    endpoints.push({ url: mirror, mirror: true, tls: await tlsFor(url, verify, settings) });
  }
  endpoints.push(...(file?.[purpose] ?? []));
  if (file?.server !== undefined) {
    const url = new URL(file.server);
    const tls = await tlsFor(url, !(await settings.insecure.has(url.host)), settings);
    return [...endpoints, { url: file.server, mirror: false, tls }];
  }
  if (domain === HUB_DOMAIN) return [...endpoints, { url: HUB_URL, mirror: false, tls: undefined }];
  const insecure = await settings.insecure.has(domain);
  const secure = new URL(`https://${domain}`);
  endpoints.push({ url: secure.origin, mirror: false, tls: await tlsFor(secure, !insecure, settings) });
  if (insecure) endpoints.push({ url: `http://${domain}`, mirror: false, tls: undefined });
  return endpoints;
}

async function tlsFor(
  url: URL,
  verify: boolean,
  settings: RegistrySettings,
): Promise<TLSOptions | undefined> {
  if (url.protocol !== "https:") return undefined;
  const own = await settings.tls(url.host);
  return own || !verify ? { ...own, verify } : undefined;
}
