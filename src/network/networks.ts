import { randomBytes } from "node:crypto";
import {
  conflict,
  EngineError,
  forbidden,
  invalidArgument,
  notFound,
  notImplemented,
} from "../errors/errors.ts";
import { AddressSpace } from "./address/ipam.ts";
import {
  contains,
  formatIPv4,
  formatSubnet,
  overlaps,
  parseIPv4,
  parseSubnet,
  type Subnet,
} from "./address/ipv4.ts";
import { routedSubnets, type SubnetPools } from "./address/pools.ts";
import type { IPAMRecord, NetworkRecord } from "./records.ts";
import type { NetworkStore } from "./store.ts";
import type { NetworkCreate } from "./types.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const PREDEFINED = new Set(["bridge", "host", "none", "default"]);

export const newID = (): string => randomBytes(32).toString("hex");

/** All networks, by id: kept on disk, with the addresses that are in use. */
export class Networks {
  readonly #store: NetworkStore;
  readonly #pools: SubnetPools;
  readonly #records = new Map<string, NetworkRecord>();
  readonly #spaces = new Map<string, AddressSpace>();

  constructor(store: NetworkStore, pools: SubnetPools) {
    this.#store = store;
    this.#pools = pools;
    for (const record of store.loadNetworks()) this.#hold(record);
  }

  all(): NetworkRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): NetworkRecord | undefined {
    return this.#records.get(id);
  }

  named(name: string): NetworkRecord | undefined {
    return this.all().find((record) => record.name === name);
  }

  /** By id, name, or id prefix. Errors: notFound; invalidArgument for a prefix of several ids. */
  find(nameOrID: string): NetworkRecord {
    const exact = this.#records.get(nameOrID) ?? this.named(nameOrID);
    if (exact) return exact;
    const matches = nameOrID === "" ? [] : this.all().filter((record) => record.id.startsWith(nameOrID));
    if (matches.length > 1)
      throw invalidArgument(
        `network ${nameOrID} is ambiguous (${matches.length} matches found based on ID prefix)`,
      );
    if (!matches[0]) throw notFound(`network ${nameOrID} not found`);
    return matches[0];
  }

  /** The addresses of a network; undefined where it has none (host, none). */
  space(id: string): AddressSpace | undefined {
    return this.#spaces.get(id);
  }

  /** Keeps the record; its gateway and auxiliary addresses are taken. */
  add(record: NetworkRecord): void {
    this.#hold(record);
    this.#save();
  }

  remove(id: string): void {
    this.#records.delete(id);
    this.#spaces.delete(id);
    this.#save();
  }

  #save(): void {
    this.#store.saveNetworks(this.all());
  }

  #hold(record: NetworkRecord): void {
    this.#records.set(record.id, record);
    const [config] = record.ipam;
    if (!config?.Subnet || !record.gateway) return;
    const space = new AddressSpace(
      parseSubnet(config.Subnet),
      config.IPRange ? parseSubnet(config.IPRange) : undefined,
    );
    const reserved = [record.gateway, ...Object.values(config.AuxiliaryAddresses ?? {})];
    for (const address of reserved) space.note(parseIPv4(address) ?? 0);
    this.#spaces.set(record.id, space);
  }

  /** Checks a request to make a network and gives it a subnet; nothing is kept yet. */
  plan(request: NetworkCreate): NetworkRecord {
    const driver = request.Driver || "bridge";
    this.#checkName(request.Name);
    checkDriver(driver);
    if (request.EnableIPv6)
      throw notImplemented("networks with IPv6 are not implemented yet; leave out --ipv6");
    if (request.ConfigOnly || request.ConfigFrom?.Network)
      throw notImplemented("config-only networks are not implemented yet");
    if ((request.Scope && request.Scope !== "local") || request.Ingress) throw notAManager();
    const configs = (request.IPAM?.Config ?? []).filter((config) => config.Subnet || config.Gateway);
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
      ...this.#planAddresses(configs as IPAMRecord[]),
    };
  }

  #checkName(name: string | undefined): void {
    if (!name) throw invalidArgument("invalid network name: it must not be empty");
    if (PREDEFINED.has(name)) throw forbidden(`operation is not permitted on predefined ${name} network`);
    if (!NAME.test(name))
      throw invalidArgument(
        `invalid network name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-]* is allowed`,
      );
    if (this.named(name)) throw conflict(`network with name ${name} already exists`);
  }

  #planAddresses(configs: IPAMRecord[]): Pick<NetworkRecord, "ipam" | "gateway" | "subnetGiven"> {
    if (configs.length > 1)
      throw invalidArgument("bridge driver doesn't support multiple subnets: give one IPv4 subnet");
    const [config] = configs;
    if (!config) {
      const subnet = this.#pools.take([...this.subnets(), ...routedSubnets()]);
      const gateway = formatIPv4(subnet.base + 1);
      return { ipam: [{ Subnet: formatSubnet(subnet), Gateway: gateway }], gateway, subnetGiven: false };
    }
    const checked = checkConfig(config);
    if (this.subnets().some((other) => overlaps(other, checked.subnet)))
      throw forbidden("Pool overlaps with other one on this address space");
    return { ipam: [checked.config], gateway: checked.gateway, subnetGiven: true };
  }

  /** The subnets of all networks. */
  subnets(): Subnet[] {
    return this.all().flatMap((record) =>
      record.ipam.flatMap((c) => (c.Subnet ? [parseSubnet(c.Subnet)] : [])),
    );
  }
}

function checkConfig(config: IPAMRecord): { config: IPAMRecord; subnet: Subnet; gateway: string } {
  if (!config.Subnet)
    throw invalidArgument("invalid subnet: a gateway or range needs the subnet that it is in");
  if (config.Subnet.includes(":")) throw notImplemented("networks with IPv6 are not implemented yet");
  const subnet = parseSubnet(config.Subnet);
  const range = config.IPRange ? parseSubnet(config.IPRange) : undefined;
  if (range && (range.prefix < subnet.prefix || !contains(subnet, range.base)))
    throw invalidArgument(`no matching subnet for range ${config.IPRange}`);
  if (config.Gateway) within(subnet, "gateway", config.Gateway);
  for (const address of Object.values(config.AuxiliaryAddresses ?? {}))
    within(subnet, "aux-address", address);
  const clean: IPAMRecord = { Subnet: formatSubnet(subnet) };
  if (config.IPRange) clean.IPRange = config.IPRange;
  if (config.Gateway) clean.Gateway = config.Gateway;
  if (config.AuxiliaryAddresses) clean.AuxiliaryAddresses = config.AuxiliaryAddresses;
  return { config: clean, subnet, gateway: config.Gateway || firstAddress(subnet, range, clean) };
}

function within(subnet: Subnet, what: string, text: string): void {
  const address = parseIPv4(text);
  if (address === undefined) throw invalidArgument(`invalid ${what}: ${text} is not an IPv4 address`);
  if (!contains(subnet, address)) throw invalidArgument(`no matching subnet for ${what} ${text}`);
}

function firstAddress(subnet: Subnet, range: Subnet | undefined, config: IPAMRecord): string {
  const space = new AddressSpace(subnet, range);
  for (const address of Object.values(config.AuxiliaryAddresses ?? {})) space.note(parseIPv4(address) ?? 0);
  return formatIPv4(space.next());
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

function checkDriver(driver: string): void {
  if (driver === "host" || driver === "null")
    throw forbidden(`only one instance of "${driver}" network is allowed`);
  if (driver === "overlay") throw notAManager();
  if (driver !== "bridge" && driver !== "macvlan")
    throw notFound(`plugin ${JSON.stringify(driver)} not found`);
}
