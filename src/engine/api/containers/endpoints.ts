import type { EndpointSettings } from "../../../api/schema.ts";
import type { ApiVersion } from "../../http/version.ts";

type Endpoints = Record<string, EndpointSettings>;

/** Endpoints as clients of an API version know them: names among the aliases until 1.45, on their own since 1.44. */
export function endpointsFor(endpoints: Endpoints, version: ApiVersion, containerID: string): Endpoints {
  if (version.atLeast("1.48")) return endpoints;
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [name, endpointFor(endpoint, version, containerID)]),
  );
}

function endpointFor(given: EndpointSettings, version: ApiVersion, containerID: string): EndpointSettings {
  const endpoint = { ...given };
  delete endpoint.GwPriority;
  if (!version.atLeast("1.45") && endpoint.DNSNames)
    endpoint.Aliases = [...new Set([...(endpoint.Aliases ?? []), containerID.slice(0, 12)])];
  if (!version.atLeast("1.44")) delete endpoint.DNSNames;
  return endpoint;
}
