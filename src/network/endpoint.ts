import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { forbidden, invalidArgument } from "../errors/errors.ts";
import { formatAddress, macOfIPv4, parseAddress, parseSubnet } from "./address/ip.ts";
import type { AddressSpaces } from "./address/spaces.ts";
import type { NetworkDriver } from "./driver.ts";
import { newID } from "./networks.ts";
import type { EndpointRecord, NetworkRecord } from "./records.ts";
import type { RequestedEndpoint } from "./types.ts";
import { isUserDefined } from "./view.ts";

/** Takes addresses for an endpoint; give them back with releaseEndpoint(). Errors: invalidArgument, forbidden. */
export function makeEndpoint(
  network: NetworkRecord,
  driver: NetworkDriver,
  spaces: AddressSpaces,
  settings: RequestedEndpoint,
): EndpointRecord {
  checkSettings(network, settings);
  const endpoint: EndpointRecord = {
    id: newID(),
    networkID: network.id,
    networkName: network.name,
    settings,
  };
  if (!driver.plug) return endpoint;
  const { IPv4Address, IPv6Address } = settings.IPAMConfig ?? {};
  const v4 = spaces.take(4, IPv4Address);
  if (v4) {
    endpoint.address = formatAddress(v4.address);
    Object.assign(endpoint, { prefix: v4.prefix, gateway: v4.gateway });
  }
  if (driver.hasMac) endpoint.mac = normalMac(settings.DesiredMacAddress) || automaticMac(endpoint);
  try {
    const v6 = spaces.take(6, IPv6Address || byMac(network, endpoint.mac));
    if (v6)
      Object.assign(endpoint, {
        address6: formatAddress(v6.address),
        prefix6: v6.prefix,
        gateway6: v6.gateway,
      });
  } catch (error) {
    releaseEndpoint(spaces, endpoint);
    throw error;
  }
  return endpoint;
}

/** The widest prefix that leaves room for a MAC address. */
const ROOM_FOR_MAC = 80;

/** On the default bridge a container's IPv6 address is made of its MAC address, where the subnet has room for it. */
function byMac({ predefined, ipam, ipv6 }: NetworkRecord, mac: string | undefined): string | undefined {
  if (!predefined || !ipv6 || mac === undefined) return undefined;
  const subnet = ipam.map(({ Subnet }) => parseSubnet(Subnet)).find(({ family }) => family === 6);
  if (!subnet || subnet.prefix > ROOM_FOR_MAC) return undefined;
  return formatAddress({ family: 6, value: subnet.base + BigInt(`0x${mac.replaceAll(":", "")}`) });
}

const normalMac = (mac: string | undefined) => mac?.toLowerCase().replaceAll("-", ":");

function automaticMac({ address }: EndpointRecord): string {
  const parsed = address === undefined ? undefined : parseAddress(address);
  return parsed ? macOfIPv4(parsed) : `02:42:${randomBytes(4).toString("hex").match(/../g)!.join(":")}`;
}

/** Gives the addresses of an endpoint back. */
export function releaseEndpoint(spaces: AddressSpaces, { address, address6 }: EndpointRecord): void {
  if (address !== undefined) spaces.release(address);
  if (address6 !== undefined) spaces.release(address6);
}

/** What stock allows on user-defined networks only. Errors: invalidArgument, forbidden, in its words. */
export function checkSettings(network: NetworkRecord, settings: RequestedEndpoint): void {
  if (network.configOnly) throw forbidden("cannot create endpoint on configuration-only network");
  const asked = settings.IPAMConfig ?? {};
  // Clients send null for what is not given.
  const [IPv4Address, IPv6Address] = [asked.IPv4Address || "", asked.IPv6Address || ""];
  if (IPv4Address !== "" && isIP(IPv4Address) !== 4)
    throw invalidArgument(`invalid IPv4 address: ${IPv4Address}`);
  if (IPv6Address !== "" && isIP(IPv6Address) !== 6)
    throw invalidArgument(`invalid IPv6 address: ${IPv6Address}`);
  const mac = settings.DesiredMacAddress ?? "";
  if (mac !== "" && !/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(mac))
    throw invalidArgument(`invalid MAC address: ${mac}`);
  if (!isUserDefined(network.name)) {
    if (IPv4Address !== "" || IPv6Address !== "")
      throw invalidArgument("user specified IP address is supported on user defined networks only");
    if ((settings.Aliases ?? []).length > 0)
      throw invalidArgument("network-scoped alias is supported only for containers in user defined networks");
    return;
  }
  if (IPv4Address !== "" && !network.subnetGiven)
    throw invalidArgument(
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    );
}
