import type { EndpointSettings } from "../../../api/schema.ts";
import { type Attachment, attachmentTo, endpointOf, isUserDefined, parseAttachment } from "./network.ts";
import type { ContainerOptions } from "./values.ts";

export interface Endpoints {
  /** The mode of the first network. */
  mode: string;
  endpoints: Record<string, EndpointSettings>;
}

/** The networks to connect to, with what --ip, --network-alias and the like say of the first. Errors: as stock. */
export function parseEndpoints(flags: ContainerOptions): Endpoints {
  const networks = [...flags.network, ...flags.net].map(parseAttachment);
  const mode = networks[0]?.target ?? "default";
  const all = networks.length === 0 ? [attachmentTo("default")] : networks;
  applyFlags(all[0]!, flags);
  const endpoints: Record<string, EndpointSettings> = {};
  for (const attachment of all) {
    const endpoint = endpointOf(attachment);
    if (Object.hasOwn(endpoints, attachment.target))
      throw new Error(`network ${JSON.stringify(attachment.target)} is specified multiple times`);
    // A single network without settings is left to the engine.
    if (networks.length === 1 && Object.keys(endpoint).length === 0) continue;
    endpoints[attachment.target] = endpoint;
  }
  const kinds = new Set(networks.map(({ target }) => isUserDefined(target)));
  if (kinds.size > 1)
    throw new Error(
      "conflicting options: cannot attach both user-defined and non-user-defined network-modes",
    );
  return { mode, endpoints };
}

function applyFlags(first: Attachment, flags: ContainerOptions): void {
  const aliases = [...flags["network-alias"], ...flags["net-alias"]];
  const both = (one: string, other: string) =>
    new Error(`conflicting options: cannot specify both ${one} and per-network ${other}`);
  if (first.aliases.length > 0 && aliases.length > 0) throw both("--network-alias", "alias");
  if (first.ipv4 !== "" && flags.ip) throw both("--ip", "IPv4 address");
  if (first.ipv6 !== "" && flags.ip6) throw both("--ip6", "IPv6 address");
  if (first.mac !== "" && flags["mac-address"]) throw both("--mac-address", "MAC address");
  if (first.linkLocal.length > 0 && flags["link-local-ip"].length > 0)
    throw both("--link-local-ip", "link-local IP addresses");
  if (aliases.length > 0) first.aliases = aliases;
  // On a network of one's own a link is an alias; on the default bridge it is the old kind, in HostConfig.
  if (isUserDefined(first.target)) first.links = flags.link;
  first.ipv4 = flags.ip || first.ipv4;
  first.ipv6 = flags.ip6 || first.ipv6;
  first.mac = flags["mac-address"] || first.mac;
  if (flags["link-local-ip"].length > 0) first.linkLocal = flags["link-local-ip"];
}
