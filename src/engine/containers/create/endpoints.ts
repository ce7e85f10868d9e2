import { isIP } from "node:net";
import type { EndpointSettings, HostConfig } from "../../../api/schema.ts";
import { invalidArgument, isNotFound, messageOf } from "../../../errors/errors.ts";
import type { NetworkController } from "../../../network/types.ts";
import { requested } from "../../networks/requested.ts";
import { containerOf } from "./modes.ts";
import type { CreateBody, CreateRequest } from "./request.ts";

/** The networks that a new container is to join, by what the request calls them; they need not be there yet. */
export function endpointsOf(
  network: NetworkController,
  body: CreateBody,
  host: HostConfig,
): Record<string, EndpointSettings> {
  const mode = host.NetworkMode ?? "bridge";
  if (containerOf(mode) !== undefined) return {};
  const given = body.NetworkingConfig?.EndpointsConfig ?? {};
  const endpoints: Record<string, EndpointSettings> = {};
  for (const [name, settings] of Object.entries(given)) {
    endpoints[name === "default" ? "bridge" : name] = requested(settings ?? {});
  }
  const present = Object.keys(endpoints).some((name) => name === mode || idOf(network, name) === mode);
  return present ? endpoints : { [mode]: {}, ...endpoints };
}

/** A "not found" from here would read as if the image were meant: the start tells of it. */
function idOf(network: NetworkController, name: string): string | undefined {
  try {
    return network.find(name).Id;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Since 1.44 endpoints are checked before a container is made, several of them are allowed. Errors: invalidArgument. */
export function checkEndpoints(network: NetworkController, { body, atLeast }: CreateRequest): void {
  const given = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {});
  if (!atLeast("1.44")) {
    if (given.length > 1) {
      const names = given.map(([name]) => name).join(", ");
      throw invalidArgument(`Container cannot be connected to network endpoints: ${names}`);
    }
    if (given[0] && given[0][1] === null) throw invalidArgument(`no EndpointSettings for ${given[0][0]}`);
    return;
  }
  for (const [name, settings] of given) checkEndpoint(network, name, settings);
}

function checkEndpoint(network: NetworkController, name: string, settings: EndpointSettings | null): void {
  const refuse = (why: string) => {
    throw invalidArgument(`invalid config for network ${name}: ${why}`);
  };
  if (settings === null) return refuse("EndpointsConfig is nil");
  const mac = settings.MacAddress ?? "";
  if (mac !== "" && !/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac)) refuse(`invalid MAC address ${mac}`);
  const faults = faultsOf(network, name, settings);
  const [first = "", ...more] = faults;
  if (first !== "")
    refuse(
      `invalid endpoint settings:\n${more.length > 0 ? faults.map((one) => `* ${one}`).join("\n") : first}`,
    );
}

function faultsOf(network: NetworkController, name: string, settings: EndpointSettings): string[] {
  const faults: string[] = [];
  const { LinkLocalIPs, ...addresses } = settings.IPAMConfig ?? {};
  // Clients send null for what is not given.
  const [IPv4Address, IPv6Address] = [addresses.IPv4Address || "", addresses.IPv6Address || ""];
  const isOwn = !["bridge", "default", "host", "none"].includes(name);
  const hasAddress = IPv4Address !== "" || IPv6Address !== "";
  if (!isOwn && hasAddress)
    faults.push("user specified IP address is supported on user defined networks only");
  if (!isOwn && settings.Aliases?.length)
    faults.push("network-scoped alias is supported only for containers in user defined networks");
  if (IPv4Address !== "" && isIP(IPv4Address) !== 4) faults.push(`invalid IPv4 address: ${IPv4Address}`);
  if (IPv6Address !== "" && isIP(IPv6Address) !== 6) faults.push(`invalid IPv6 address: ${IPv6Address}`);
  for (const address of LinkLocalIPs ?? [])
    if (isIP(address) === 0) faults.push(`invalid link-local IP address: ${address}`);
  if (!isOwn && hasAddress)
    faults.push(
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    );
  if (faults.length > 0 || !isOwn) return faults;
  const id = idOf(network, name);
  try {
    if (id !== undefined) network.check(id, requested(settings));
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}
