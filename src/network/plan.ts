/** From a request to make a network to the record of one, checked and with subnets. */
import { conflict, forbidden, invalidArgument, messageOf, notFound } from "../errors/errors.ts";
import { checkAddresses } from "./address/check.ts";
import {
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
import { checkConfiguration, configured } from "./plan-config.ts";
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
  if (request.Ingress) throw forbidden("Ingress network can only be global scope network");
  if (request.Scope === "swarm")
    throw forbidden("cannot create a swarm scoped network when swarm is not active");
  checkAddresses(request.IPAM?.Config ?? [], request.EnableIPv6 === true);
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

const configsOf = (request: NetworkCreate): IPAMRecord[] => (request.IPAM?.Config ?? []) as IPAMRecord[];

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
  if (!name || name.trim() === "") throw invalidArgument("invalid name: name is empty");
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

/** Of a configuration without faults. Errors: forbidden for an address that is another's already. */
function checkConfig(config: IPAMRecord): Planned {
  const subnet = parseSubnet(config.Subnet);
  const range = config.IPRange ? parseSubnet(config.IPRange) : undefined;
  const space = new AddressSpace(subnet, range);
  // A gateway that nobody chose is the first address that is not reserved.
  if (config.Gateway) reserve(space, "gateway", "", config.Gateway);
  for (const [name, text] of Object.entries(config.AuxiliaryAddresses ?? {}))
    reserve(space, "secondary ip address", `${name}:`, text);
  const gateway = config.Gateway || formatAddress(space.next());
  const clean: IPAMRecord = { Subnet: formatSubnet(subnet) };
  if (config.IPRange) clean.IPRange = config.IPRange;
  if (config.Gateway) clean.Gateway = config.Gateway;
  if (config.AuxiliaryAddresses) clean.AuxiliaryAddresses = config.AuxiliaryAddresses;
  return { config: clean, subnet, gateway };
}

function reserve(space: AddressSpace, what: string, name: string, text: string): void {
  try {
    space.take(parseAddress(text)!);
  } catch (cause) {
    throw forbidden(`failed to allocate ${what} (${name}${text}): ${messageOf(cause)}`, { cause });
  }
}

function ipamDriver(name: string | undefined): string {
  if (!name || name === "default") return "default";
  throw notFound(`plugin ${JSON.stringify(name)} not found`);
}

const notAManager = () =>
  forbidden(
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );

const DRIVERS = new Set(["bridge", "macvlan", "ipvlan"]);

function checkDriver(driver: string): void {
  if (driver === "host" || driver === "null")
    throw forbidden(`only one instance of "${driver}" network is allowed`);
  if (driver === "overlay") throw notAManager();
  if (!DRIVERS.has(driver)) throw notFound(`plugin ${JSON.stringify(driver)} not found`);
}
