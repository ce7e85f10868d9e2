/** The three networks that every engine has: bridge, host, none. */
import { invalidArgument } from "../errors/errors.ts";
import { listAddresses } from "../linux/netlink/address.ts";
import { findLink } from "../linux/netlink/link.ts";
import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import {
  addressOf,
  contains,
  formatAddress,
  formatSubnet,
  parseAddress,
  parseCIDR,
  parseSubnet,
} from "./address/ip.ts";
import { AddressSpace } from "./address/ipam.ts";
import { routedSubnets, type SubnetPools } from "./address/pools.ts";
import { MTU_OPTION } from "./bridge/options.ts";
import { type Networks, newID } from "./networks.ts";
import type { NetworkOptions } from "./options.ts";
import { subnetsOf } from "./plan.ts";
import type { IPAMRecord, NetworkRecord } from "./records.ts";

const DEFAULT_BRIDGE = "docker0";

/** Makes them where they are missing, and brings the default bridge in line with the options. */
export function ensurePredefined(
  networks: Networks,
  options: NetworkOptions,
  pools: SubnetPools,
  host: NetlinkSocket,
): void {
  for (const [name, driver] of [
    ["none", "null"],
    ["host", "host"],
  ] as const) {
    if (!networks.named(name)) networks.add(plain(name, driver));
  }
  const present = networks.named("bridge");
  if (options.bridge === "none") {
    if (present) networks.remove(present.id);
    return;
  }
  networks.add(defaultBridge(networks, options, pools, host, present));
}

function plain(name: string, driver: string): NetworkRecord {
  return {
    id: newID(),
    name,
    created: new Date().toISOString().replace("Z", "000000Z"),
    driver,
    internal: false,
    attachable: false,
    ingress: false,
    options: {},
    labels: {},
    ipamDriver: "default",
    ipamOptions: null,
    ipam: [],
    gateways: [],
    ipv6: false,
    subnetGiven: false,
    predefined: true,
  };
}

function defaultBridge(
  networks: Networks,
  options: NetworkOptions,
  pools: SubnetPools,
  host: NetlinkSocket,
  before: NetworkRecord | undefined,
): NetworkRecord {
  const device = options.bridge || DEFAULT_BRIDGE;
  const base = before ?? plain("bridge", "bridge");
  const flags = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": String(options.icc),
    "com.docker.network.bridge.enable_ip_masquerade": String(options.ipMasq),
    "com.docker.network.bridge.host_binding_ipv4": options.defaultIP ?? "0.0.0.0",
    "com.docker.network.bridge.name": device,
    [MTU_OPTION]: String(options.mtu || 1500),
  };
  const v4 = defaultAddresses(networks, options, pools, host, before, device);
  const v6 = options.ipv6 ? [defaultAddresses6(networks, options, pools, before)] : [];
  const addresses = [withGateway(v4, "DefaultGatewayIPv4", options.defaultGateway), ...v6];
  return {
    ...base,
    device,
    options: flags,
    gateways: addresses.map(({ gateway }) => gateway),
    ipam: addresses.map(({ ipam }) => ipam),
    ipv6: options.ipv6,
    subnetGiven: false,
  };
}

interface BridgeAddresses {
  /** The bridge's own address. */
  gateway: string;
  ipam: IPAMRecord;
}

/** Notes the address that containers send everything else to, where it is not the bridge's own. */
function withGateway(
  addresses: BridgeAddresses,
  key: "DefaultGatewayIPv4" | "DefaultGatewayIPv6",
  through: string | undefined,
): BridgeAddresses {
  if (!through) return addresses;
  const address = parseAddress(through);
  if (!address || !contains(parseSubnet(addresses.ipam.Subnet), address))
    throw invalidArgument(
      `default gateway ${through} is not an address of the default bridge's subnet ${addresses.ipam.Subnet}`,
    );
  return { ...addresses, ipam: { ...addresses.ipam, AuxiliaryAddresses: { [key]: through } } };
}

/** From --fixed-cidr-v6, else the first free pool of --default-address-pool. */
function defaultAddresses6(
  networks: Networks,
  options: NetworkOptions,
  pools: SubnetPools,
  before: NetworkRecord | undefined,
): BridgeAddresses {
  const others = networks.all().filter(({ id }) => id !== before?.id);
  const taken = others.flatMap(({ ipam }) => ipam.map(({ Subnet }) => parseSubnet(Subnet)));
  const subnet = options.fixedCIDRv6 ? parseSubnet(options.fixedCIDRv6) : pools.take(6, taken);
  if (subnet.family !== 6)
    throw invalidArgument(`--fixed-cidr-v6 ${options.fixedCIDRv6} is not a subnet of IPv6`);
  const gateway = formatAddress({ family: 6, value: subnet.base + 1n });
  const addresses = { gateway, ipam: { Subnet: formatSubnet(subnet) } };
  return withGateway(addresses, "DefaultGatewayIPv6", options.defaultGatewayV6);
}

/** From --bip, else what the bridge has, else what it had, else the first free pool. */
function defaultAddresses(
  networks: Networks,
  options: NetworkOptions,
  pools: SubnetPools,
  host: NetlinkSocket,
  before: NetworkRecord | undefined,
  device: string,
): BridgeAddresses {
  const found = options.bip ?? presentAddress(host, device) ?? addressIn(before);
  const range = options.fixedCIDR;
  if (found) {
    const { address, prefix } = parseCIDR(found);
    const subnet = parseSubnet(found);
    checkRange(range, found, subnet);
    const gateway = formatAddress(address);
    return { gateway, ipam: ipamOf(formatSubnet({ ...subnet, prefix }), gateway, range) };
  }
  const subnet = pools.take(4, [...subnetsOf(networks), ...routedSubnets()]);
  checkRange(range, formatSubnet(subnet), subnet);
  const gateway = formatAddress(new AddressSpace(subnet).next());
  return { gateway, ipam: ipamOf(formatSubnet(subnet), gateway, range) };
}

const ipamOf = (subnet: string, gateway: string, range: string | undefined): IPAMRecord => ({
  Subnet: subnet,
  ...(range ? { IPRange: range } : {}),
  Gateway: gateway,
});

function checkRange(range: string | undefined, whole: string, subnet: ReturnType<typeof parseSubnet>): void {
  if (!range) return;
  const { family, base } = parseSubnet(range);
  if (!contains(subnet, { family, value: base }))
    throw invalidArgument(`--fixed-cidr ${range} is not inside of the default bridge's subnet ${whole}`);
}

function presentAddress(host: NetlinkSocket, device: string): string | undefined {
  const link = findLink(host, device);
  const [ip] = link ? listAddresses(host, link.index) : [];
  return ip && `${formatAddress(addressOf(ip.address))}/${ip.prefix}`;
}

function addressIn(before: NetworkRecord | undefined): string | undefined {
  const subnet = before?.ipam[0]?.Subnet;
  const gateway = before?.gateways[0];
  return gateway && subnet ? `${gateway}/${parseSubnet(subnet).prefix}` : undefined;
}
