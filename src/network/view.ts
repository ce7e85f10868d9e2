/** Records as the Engine API shows them. */
import type { EndpointSettings, Network, NetworkContainer } from "../api/schema.ts";
import type { EndpointRecord, NetworkRecord, SandboxRecord } from "./records.ts";
import type { RequestedEndpoint, Sandbox } from "./types.ts";

const withPrefix = (address: string | undefined, prefix: number | undefined) =>
  address === undefined ? "" : `${address}/${prefix}`;

/** `docker network inspect` */
export function networkView(
  network: NetworkRecord,
  sandboxes: Iterable<SandboxRecord>,
  nameOf: (id: string) => string,
): Network {
  const containers: Record<string, NetworkContainer> = {};
  for (const { request, endpoints } of sandboxes) {
    const endpoint = endpoints.find((e) => e.networkID === network.id);
    if (!endpoint) continue;
    containers[request.containerID] = {
      Name: nameOf(request.containerID),
      EndpointID: endpoint.id,
      MacAddress: endpoint.mac ?? "",
      IPv4Address: withPrefix(endpoint.address, endpoint.prefix),
      IPv6Address: withPrefix(endpoint.address6, endpoint.prefix6),
    };
  }
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: "local",
    Driver: network.driver,
    EnableIPv4: true,
    EnableIPv6: network.ipv6,
    // Stock has null where nobody gave options; the schema does not know that.
    IPAM: {
      Driver: network.ipamDriver,
      Options: network.ipamOptions as Record<string, string>,
      Config: network.ipam,
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: network.ingress,
    ConfigFrom: { Network: network.configFrom ?? "" },
    ConfigOnly: network.configOnly === true,
    Containers: containers,
    Options: network.options,
    Labels: network.labels,
  };
}

/** Names by which others on the network find the container. */
export function dnsNames(sandbox: SandboxRecord, endpoint: EndpointRecord): string[] {
  const { containerName, containerID, hostname } = sandbox.request;
  const names = [containerName, ...(endpoint.settings.Aliases ?? []), containerID.slice(0, 12), hostname];
  return [...new Set(names.filter((name) => name !== ""))];
}

export const isUserDefined = (name: string): boolean => !["bridge", "host", "none", "default"].includes(name);

/** One entry of NetworkSettings.Networks. */
function endpointView(sandbox: SandboxRecord, endpoint: EndpointRecord): EndpointSettings {
  const { settings } = endpoint;
  const view: RequestedEndpoint = {
    ...settings,
    MacAddress: endpoint.mac ?? "",
    NetworkID: endpoint.networkID,
    EndpointID: endpoint.id,
    Gateway: endpoint.gateway ?? "",
    IPAddress: endpoint.address ?? "",
    IPPrefixLen: endpoint.prefix ?? 0,
    IPv6Gateway: endpoint.gateway6 ?? "",
    GlobalIPv6Address: endpoint.address6 ?? "",
    GlobalIPv6PrefixLen: endpoint.prefix6 ?? 0,
  };
  if (!isUserDefined(endpoint.networkName)) return view;
  view.DNSNames = dnsNames(sandbox, endpoint);
  return view;
}

/** What the engine gets to see of a sandbox. */
export function sandboxView(record: SandboxRecord): Sandbox {
  return {
    id: record.id,
    netnsPath: record.netnsPath,
    endpoints: Object.fromEntries(record.endpoints.map((e) => [e.networkName, endpointView(record, e)])),
    ports: record.ports,
  };
}
