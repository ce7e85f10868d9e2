import { join } from "node:path";
import type { EndpointSettings, NetworkSettings } from "../../../api/schema.ts";
import type { Container } from "../container.ts";
import { containerOf } from "../create/modes.ts";
import type { Env } from "../env.ts";

const nothing = <T>() => null as unknown as T;

/** An endpoint with all the fields that stock shows. */
function apiEndpoint(endpoint: EndpointSettings): EndpointSettings {
  return {
    IPAMConfig: endpoint.IPAMConfig ?? null,
    Links: endpoint.Links ?? nothing(),
    Aliases: endpoint.Aliases ?? nothing(),
    MacAddress: endpoint.MacAddress ?? "",
    DriverOpts: endpoint.DriverOpts ?? null,
    GwPriority: endpoint.GwPriority ?? 0,
    NetworkID: endpoint.NetworkID ?? "",
    EndpointID: endpoint.EndpointID ?? "",
    Gateway: endpoint.Gateway ?? "",
    IPAddress: endpoint.IPAddress ?? "",
    IPPrefixLen: endpoint.IPPrefixLen ?? 0,
    IPv6Gateway: endpoint.IPv6Gateway ?? "",
    GlobalIPv6Address: endpoint.GlobalIPv6Address ?? "",
    GlobalIPv6PrefixLen: endpoint.GlobalIPv6PrefixLen ?? 0,
    DNSNames: endpoint.DNSNames ?? nothing(),
  };
}

/** All endpoints of a container, with the addresses that they have now. */
export function apiEndpoints(env: Env, container: Container): Record<string, EndpointSettings> {
  const sandbox = env.network.get(container.id);
  const endpoints = sandbox?.endpoints ?? container.facts.network.Networks;
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [name, apiEndpoint(endpoint)]),
  );
}

/** NetworkSettings as inspect shows them. */
export function networkSettings(env: Env, container: Container): NetworkSettings {
  const sandbox = env.network.get(container.id);
  const shared = containerOf(container.hostConfig.NetworkMode) !== undefined;
  const endpoints = shared ? {} : apiEndpoints(env, container);
  // The old flat fields are those of the default bridge.
  const bridge = endpoints["bridge"];
  return {
    Bridge: "",
    SandboxID: sandbox?.id ?? "",
    SandboxKey: sandbox ? (sandbox.netnsPath ?? join(env.config.execRoot, "netns", "default")) : "",
    Ports: sandbox?.ports ?? {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.EndpointID ?? "",
    Gateway: bridge?.Gateway ?? "",
    GlobalIPv6Address: bridge?.GlobalIPv6Address ?? "",
    GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: bridge?.IPAddress ?? "",
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: bridge?.IPv6Gateway ?? "",
    MacAddress: bridge?.MacAddress ?? "",
    Networks: endpoints,
  };
}
