/** From a request to make a network to the record of one, checked and with subnets. */
import { conflict, EngineError, forbidden, invalidArgument, notFound } from "../errors/errors.ts";
import {
  type Address,
  contains,
  formatAddress,
  formatSubnet,
  overlaps,
  parseAddress,
  parseSubnet,
  type Subnet,
} from "./address/ip.ts";
import { AddressSpace } from "./address/ipam.ts";
import { routedSubnets, type SubnetPools } from "./address/pools.ts";
import { type Networks, newID } from "./networks.ts";
import { checkConfiguration, configured } from "./plan_config.ts";
import type { IPAMRecord, NetworkRecord } from "./records.ts";
import type { NetworkCreate } from "./types.ts";

const PREDEFINED = new Set(["bridge", "host", "none", "default"]);

/** The subnets of all networks. */
export function subnetsOf(networks: Networks): Subnet[] {
  return networks
    .all()
    .filter(({ configOnly }) => !configOnly)
    .flatMap((record) => record.ipam.map((config) => parseSubnet(config.Subnet)));
}

/** Nothing is kept yet. Errors: invalidArgument, conflict (name), forbidden (subnet), notFound (driver). */
export function planNetwork(networks: Networks, pools: SubnetPools, request: NetworkCreate): NetworkRecord {
  checkName(networks, request.Name);
  if ((request.Scope && request.Scope !== "local") || request.Ingress) throw notAManager();
  if (request.ConfigOnly) return planConfiguration(request);
  const from = request.ConfigFrom?.Network;
  const asked = from ? configured(networks, request, from) : request;
  const driver = asked.Driver || "bridge";
  checkDriver(driver);
  const ipv6 = asked.EnableIPv6 === true;
  return {
    ...commonFields(asked, driver),
    ...(from ? { configFrom: from } : {}),
    ipv6,
    ...planAddresses(networks, pools, driver, configsOf(asked), ipv6),
  };
}

/** What a configuration says is checked when a network is made from it: it has neither driver nor addresses itself. */
function planConfiguration(request: NetworkCreate): NetworkRecord {
  checkConfiguration(request);
  const ipam = configsOf(request);
  return {
    ...commonFields(request, "null"),
    configOnly: true,
    ipv6: request.EnableIPv6 === true,
    ipam,
    gateways: ipam.map(({ Gateway }) => Gateway ?? ""),
    subnetGiven: ipam.length > 0,
  };
}

const configsOf = (request: NetworkCreate): IPAMRecord[] =>
  (request.IPAM?.Config ?? []).filter((config) => config.Subnet || config.Gateway) as IPAMRecord[];

/** What a record takes over from the request as it is. */
function commonFields(
  request: NetworkCreate,
  driver: string,
): Omit<NetworkRecord, "ipv6" | "ipam" | "gateways" | "subnetGiven"> {
  return {
    id: newID(),
    name: request.Name,
    created: new Date().toISOString().replace("Z", "000000Z"),
    driver,
    internal: request.Internal === true,
    attachable: request.Attachable === true,
    ingress: false,
    options: { ...request.Options },
    labels: { ...request.Labels },
    ipamDriver: ipamDriver(request.IPAM?.Driver),
    ipamOptions: request.IPAM?.Options ?? {},
    predefined: false,
  };
}

function checkName(networks: Networks, name: string | undefined): void {
  if (!name || name.trim() === "") throw invalidArgument(`invalid network name: ${name ?? ""}`);
  if (PREDEFINED.has(name)) throw forbidden(`operation is not permitted on predefined ${name} network`);
  if (networks.named(name)) throw conflict(`network with name ${name} already exists`);
}

type Addresses = Pick<NetworkRecord, "ipam" | "gateways" | "subnetGiven">;

function planAddresses(
  networks: Networks,
  pools: SubnetPools,
  driver: string,
  configs: IPAMRecord[],
  ipv6: boolean,
): Addresses {
  const given = configs.map(checkConfig);
  const of = (family: 4 | 6) => given.filter(({ subnet }) => subnet.family === family);
  if (driver === "bridge" && (of(4).length > 1 || of(6).length > 1))
    throw invalidArgument(
      `bridge driver doesn't support multiple subnets: give one IPv${of(4).length > 1 ? 4 : 6} subnet`,
    );
  given.forEach(({ subnet }, i) => {
    const others = [...subnetsOf(networks), ...given.slice(0, i).map((one) => one.subnet)];
    if (others.some((other) => overlaps(other, subnet)))
      throw forbidden("Pool overlaps with other one on this address space");
  });
  const chosen = [...of(4), ...of(6)];
  if (of(4).length === 0) chosen.unshift(automatic(networks, pools, 4));
  if (ipv6 && of(6).length === 0) chosen.push(automatic(networks, pools, 6));
  return {
    ipam: chosen.map(({ config }) => config),
    gateways: chosen.map(({ gateway }) => gateway),
    subnetGiven: of(4).length > 0,
  };
}

interface Planned {
  config: IPAMRecord;
  subnet: Subnet;
  gateway: string;
}

function automatic(networks: Networks, pools: SubnetPools, family: 4 | 6): Planned {
  const subnet = pools.take(family, [...subnetsOf(networks), ...routedSubnets()]);
  const gateway = formatAddress({ family, value: subnet.base + 1n });
  return { subnet, gateway, config: { Subnet: formatSubnet(subnet), Gateway: gateway } };
}

function checkConfig(config: IPAMRecord): Planned {
  if (!config.Subnet)
    throw invalidArgument("invalid subnet: a gateway or range needs the subnet that it is in");
  const subnet = parseSubnet(config.Subnet);
  const range = config.IPRange ? parseSubnet(config.IPRange) : undefined;
  if (
    range &&
    (range.prefix < subnet.prefix || !contains(subnet, { family: range.family, value: range.base }))
  )
    throw invalidArgument(`no matching subnet for range ${config.IPRange}`);
  if (config.Gateway) within(subnet, "gateway", config.Gateway);
  const reserved = Object.values(config.AuxiliaryAddresses ?? {}).map((text) =>
    within(subnet, "aux-address", text),
  );
  const clean: IPAMRecord = { Subnet: formatSubnet(subnet) };
  if (config.IPRange) clean.IPRange = config.IPRange;
  if (config.Gateway) clean.Gateway = config.Gateway;
  if (config.AuxiliaryAddresses) clean.AuxiliaryAddresses = config.AuxiliaryAddresses;
  return { config: clean, subnet, gateway: config.Gateway || firstAddress(subnet, range, reserved) };
}

function within(subnet: Subnet, what: string, text: string): Address {
  const address = parseAddress(text);
  if (!address) throw invalidArgument(`invalid ${what}: ${text} is not an IP address`);
  if (!contains(subnet, address)) throw invalidArgument(`no matching subnet for ${what} ${text}`);
  return address;
}

function firstAddress(subnet: Subnet, range: Subnet | undefined, reserved: Address[]): string {
  const space = new AddressSpace(subnet, range);
  for (const address of reserved) space.note(address);
  return formatAddress(space.next());
}

function ipamDriver(name: string | undefined): string {
  if (!name || name === "default") return "default";
  throw notFound(`plugin ${JSON.stringify(name)} not found`);
}

const notAManager = () =>
  new EngineError(
    "unavailable",
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );

const DRIVERS = new Set(["bridge", "macvlan", "ipvlan"]);

function checkDriver(driver: string): void {
  if (driver === "host" || driver === "null")
    throw forbidden(`only one instance of "${driver}" network is allowed`);
  if (driver === "overlay") throw notAManager();
  if (!DRIVERS.has(driver)) throw notFound(`plugin ${JSON.stringify(driver)} not found`);
}
