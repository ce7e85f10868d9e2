/** /etc/resolv.conf of a container, from the host's and the container's own settings. */
import { readFileSync } from "node:fs";

export interface Resolver {
  nameservers: string[];
  search: string[];
  options: string[];
}

/** The settings of a sandbox. */
export interface SandboxResolver extends Resolver {
  /** The servers are the host's own: nobody named others. */
  ofHost: boolean;
}

/** Public resolvers, as Docker takes them when the host has none that a container could reach. */
const FALLBACK = ["8.8.8.8", "8.8.4.4"];
export const EMBEDDED_DNS = "127.0.0.11";
const SYSTEMD_STUB = "127.0.0.53";
const SYSTEMD_FILE = "/run/systemd/resolve/resolv.conf";

/** Reads resolv.conf(5); of repeated search or options lines the last counts. */
function parseResolvConf(text: string): Resolver {
  const resolver: Resolver = { nameservers: [], search: [], options: [] };
  for (const line of text.split("\n")) {
    const [word, ...rest] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (word === "nameserver" && rest[0]) resolver.nameservers.push(rest[0]);
    else if (word === "search" || word === "domain") resolver.search = rest;
    else if (word === "options") resolver.options = rest;
  }
  return resolver;
}

/** On the loopback of whoever asks. */
export const isLocal = (server: string): boolean => server.startsWith("127.") || server === "::1";

/** The host's settings. Where it uses systemd-resolved's stub, what stands behind that. */
export function hostResolver(): Resolver {
  const own = parseResolvConf(readOr("/etc/resolv.conf"));
  if (own.nameservers.length === 1 && own.nameservers[0] === SYSTEMD_STUB) {
    const behind = readOr(SYSTEMD_FILE);
    if (behind !== "") return parseResolvConf(behind);
  }
  return own;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export interface ResolverRequest {
  dns: readonly string[];
  dnsSearch: readonly string[];
  dnsOptions: readonly string[];
}

/** What the container asks for, over what the host has. A search of "." means none. */
export function effectiveResolver(host: Resolver, request: ResolverRequest): SandboxResolver {
  const search = request.dnsSearch.length > 0 ? [...request.dnsSearch] : host.search;
  return {
    nameservers: request.dns.length > 0 ? [...request.dns] : host.nameservers,
    search: search.length === 1 && search[0] === "." ? [] : search,
    options: request.dnsOptions.length > 0 ? [...request.dnsOptions] : host.options,
    ofHost: request.dns.length === 0,
  };
}

/** Servers that a container can reach; if there are none, public ones. IPv6 servers only with IPv6 in the container. */
export function reachable(servers: readonly string[]): string[] {
  const found = servers.filter((server) => !isLocal(server) && !server.includes(":"));
  return found.length > 0 ? found : FALLBACK;
}

/** The file's text on the default bridge; in the host's own network every server can be reached. */
export function plainResolvConf(resolver: Resolver, inHost: boolean): string {
  const nameservers = inHost ? resolver.nameservers : reachable(resolver.nameservers);
  return formatResolvConf({ ...resolver, nameservers });
}

/** The file's text on networks with the embedded DNS server. */
export function embeddedResolvConf(resolver: Resolver): string {
  const options = resolver.options.some((option) => option.startsWith("ndots:"))
    ? resolver.options
    : [...resolver.options, "ndots:0"];
  return formatResolvConf({ nameservers: [EMBEDDED_DNS], search: resolver.search, options });
}

/** Text as Docker orders it: search, nameservers, options. */
function formatResolvConf({ nameservers, search, options }: Resolver): string {
  const lines = nameservers.map((server) => `nameserver ${server}`);
  if (search.length > 0) lines.unshift(`search ${search.join(" ")}`);
  if (options.length > 0) lines.push(`options ${options.join(" ")}`);
  return lines.map((line) => `${line}\n`).join("");
}
