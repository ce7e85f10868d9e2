/**
 * Networks in stock Docker's own form: network/files/local-kv.db, a bolt database with the bucket "libnetwork" of JSON
 * under path-like keys, each after 8 bytes of a counter. So either engine finds the networks that the other has made.
 * Networks of all drivers are kept so, each also in the words of its driver.
 */

import { errnoOf } from "../errors/errors.ts";
import { readBolt } from "../files/bolt/read.ts";
import { writeBolt } from "../files/bolt/write.ts";
import type { IPAMRecord, NetworkRecord } from "./records.ts";

const BUCKET = "libnetwork";
/** What all keys begin with. */
export const PREFIX = "docker/network/v1.0";
/** Bytes before the JSON of each value. */
export const COUNTER = 8;
const SHARED_DRIVERS = ["bridge", "host", "null", "macvlan", "ipvlan"];
/** Where drivers keep what they know of a network. */
const DRIVER_KINDS: Record<string, string> = {
  bridge: "bridge",
  macvlan: "macvlan/network",
  ipvlan: "ipvlan/network",
};
const REWRITTEN = ["network", "endpoint_count", ...Object.values(DRIVER_KINDS)];
const PREDEFINED = ["bridge", "host", "none"];
const GENERIC = "com.docker.network.generic";
const NONE = "<nil>";

export const isShared = ({ driver }: NetworkRecord): boolean => SHARED_DRIVERS.includes(driver);

type Json = Record<string, unknown>;
type Entries = Map<string, Buffer>;

const keyOf = (kind: string, id: string) => `${PREFIX}/${kind}/${id}/`;

/** The database's entries; undefined if there is none. Errors: dataLoss. */
export function readDatabase(path: string): Entries | undefined {
  try {
    return readBolt(path).get(BUCKET) ?? new Map();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

const jsonOf = (value: Buffer | undefined): Json =>
  value ? (JSON.parse(value.toString("utf8", COUNTER)) as Json) : {};

/** The networks that a database has. */
export function networksIn(entries: Entries): NetworkRecord[] {
  const prefix = `${PREFIX}/network/`;
  return [...entries]
    .filter(([key, value]) => key.startsWith(prefix) && key !== prefix && value.length > COUNTER)
    .map(([, value]) => jsonOf(value))
    .filter(
      (network) => network["inDelete"] !== true && SHARED_DRIVERS.includes(String(network["networkType"])),
    )
    .map((network) => {
      const kind = DRIVER_KINDS[String(network["networkType"])];
      return recordOf(network, kind ? jsonOf(entries.get(keyOf(kind, String(network["id"])))) : {});
    });
}

interface StoredConfig {
  PreferredPool?: string;
  SubPool?: string;
  Gateway?: string;
  AuxAddresses?: Record<string, string> | null;
}

function recordOf(network: Json, known: Json): NetworkRecord {
  const text = (key: string) => String(network[key] ?? "");
  const list = <T>(key: string): T[] => JSON.parse(text(key) || "[]") as T[];
  const configs = [...list<StoredConfig>("ipamV4Config"), ...list<StoredConfig>("ipamV6Config")];
  const configOnly = network["configOnly"] === true;
  const infos = configOnly
    ? configs.map(({ PreferredPool = "", Gateway = "" }) => ({ Pool: PreferredPool, Gateway }))
    : [...list<{ IPAMData: string }>("ipamV4Info"), ...list<{ IPAMData: string }>("ipamV6Info")].map(
        ({ IPAMData }) => JSON.parse(IPAMData) as { Pool: string; Gateway?: string },
      );
  const gateways = infos.map(({ Gateway = "" }) => Gateway.split("/")[0] ?? "");
  const ipam = infos.map(({ Pool }, i): IPAMRecord => {
    const { SubPool, AuxAddresses } = configs[i] ?? {};
    return {
      Subnet: Pool,
      ...(SubPool ? { IPRange: SubPool } : {}),
      ...(gateways[i] ? { Gateway: gateways[i] } : {}),
      ...(AuxAddresses && Object.keys(AuxAddresses).length > 0 ? { AuxiliaryAddresses: AuxAddresses } : {}),
    };
  });
  const generic = (network["generic"] as Json | undefined)?.[GENERIC] as Record<string, string> | undefined;
  return {
    id: text("id"),
    name: text("name"),
    created: text("created"),
    driver: text("networkType"),
    internal: network["internal"] === true,
    attachable: network["attachable"] === true,
    ingress: network["ingress"] === true,
    options: generic ?? {},
    labels: (network["labels"] as Record<string, string> | null) ?? {},
    ipamDriver: text("ipamType") || "default",
    ipamOptions: (network["ipamOptions"] as Record<string, string> | null) ?? null,
    ipam,
    subnetGiven: configs.some(({ PreferredPool }) => Boolean(PreferredPool)),
    ipv6: network["enableIPv6"] === true,
    gateways,
    ...deviceIn(known),
    ...(configOnly ? { configOnly } : {}),
    ...(text("configFrom") === "" ? {} : { configFrom: text("configFrom") }),
    predefined: PREDEFINED.includes(text("name")),
  };
}

/** The bridge, or the parent interface of macvlan and ipvlan. */
function deviceIn({ BridgeName, Parent, CreatedSubIface }: Json): Partial<NetworkRecord> {
  const device = BridgeName || Parent;
  return {
    ...(device ? { device: String(device) } : {}),
    ...(CreatedSubIface === true ? { deviceMade: true } : {}),
  };
}

/** Puts the networks into the database in place of those that it has; all other entries stay. */
export function writeDatabase(path: string, networks: readonly NetworkRecord[]): void {
  const before = readDatabase(path) ?? new Map<string, Buffer>();
  const entries: Entries = new Map();
  for (const [key, value] of before)
    if (!REWRITTEN.some((kind) => key.startsWith(`${PREFIX}/${kind}/`))) entries.set(key, value);
  const put = (kind: string, id: string, value: Json | undefined) => {
    const key = keyOf(kind, id);
    const counter = before.get(key)?.subarray(0, COUNTER) ?? Buffer.alloc(COUNTER);
    if (value) entries.set(key, Buffer.concat([counter, Buffer.from(JSON.stringify(value))]));
  };
  for (const network of networks.filter(isShared)) {
    put("network", network.id, storedNetwork(network));
    put("endpoint_count", network.id, { Count: 0 });
    if (network.driver === "bridge") put("bridge", network.id, storedBridge(network));
    else if (DRIVER_KINDS[network.driver])
      put(DRIVER_KINDS[network.driver]!, network.id, storedVlan(network));
  }
  writeEntries(path, entries);
}

/** Writes the database whole. */
export function writeEntries(path: string, entries: Entries): void {
  writeBolt(path, new Map([[BUCKET, entries]]), "crash");
}

const isV6 = ({ Subnet }: IPAMRecord) => Subnet.includes(":");
const withPrefix = (address: string, subnet: string) => `${address}/${subnet.split("/")[1]}`;

function storedNetwork(network: NetworkRecord): Json {
  const addressed = DRIVER_KINDS[network.driver] !== undefined;
  return {
    addrSpace: addressed ? "LocalDefault" : "",
    attachable: network.attachable,
    configFrom: network.configFrom ?? "",
    configOnly: network.configOnly === true,
    created: network.created,
    enableIPv6: network.ipv6,
    generic: {
      ...(addressed ? { "com.docker.network.enable_ipv6": network.ipv6 } : {}),
      [GENERIC]: network.options,
      ...(network.internal ? { "com.docker.network.internal": true } : {}),
    },
    id: network.id,
    inDelete: false,
    ingress: network.ingress,
    internal: network.internal,
    ipamOptions: network.ipamOptions,
    ipamType: network.ipamDriver,
    ...storedAddresses(network, "V4", (entry) => !isV6(entry)),
    ...storedAddresses(network, "V6", isV6),
    labels: network.predefined ? null : network.labels,
    loadBalancerIP: "",
    loadBalancerMode: "NAT",
    name: network.name,
    networkType: network.driver,
    persist: true,
    postIPv6: false,
    scope: "local",
  };
}

function storedAddresses(
  network: NetworkRecord,
  family: "V4" | "V6",
  mine: (entry: IPAMRecord) => boolean,
): Json {
  const chosen = network.ipam
    .map((entry, i) => ({ ...entry, gateway: network.gateways[i] ?? "" }))
    .filter(mine);
  if (chosen.length === 0) return {};
  const configs = chosen.map(({ Subnet, IPRange, gateway, AuxiliaryAddresses }) => ({
    PreferredPool: network.subnetGiven || network.predefined ? Subnet : "",
    SubPool: IPRange ?? "",
    Gateway: network.subnetGiven ? gateway : "",
    AuxAddresses: AuxiliaryAddresses ?? null,
  }));
  // A configuration has no addresses of its own.
  if (network.configOnly) return { [`ipam${family}Config`]: JSON.stringify(configs) };
  const infos = chosen.map(({ Subnet, IPRange, gateway, AuxiliaryAddresses }) => {
    const auxiliary = Object.entries(AuxiliaryAddresses ?? {}).map(([k, v]) => [k, withPrefix(v, Subnet)]);
    const data = {
      AddressSpace: "LocalDefault",
      ...(auxiliary.length > 0 ? { AuxAddresses: Object.fromEntries(auxiliary) } : {}),
      ...(gateway ? { Gateway: withPrefix(gateway, Subnet) } : {}),
      Pool: Subnet,
    };
    const pool = IPRange ? `${Subnet}/${IPRange}` : Subnet;
    return { IPAMData: JSON.stringify(data), PoolID: `LocalDefault/${pool}` };
  });
  return { [`ipam${family}Config`]: JSON.stringify(configs), [`ipam${family}Info`]: JSON.stringify(infos) };
}

/** Of macvlan and ipvlan. */
function storedVlan(network: NetworkRecord): Json {
  const { options, ipam, gateways } = network;
  const subnets = (mine: (entry: IPAMRecord) => boolean) =>
    ipam.flatMap((entry, i) =>
      mine(entry)
        ? [{ SubnetIP: entry.Subnet, GwIP: gateways[i] ? withPrefix(gateways[i], entry.Subnet) : "" }]
        : [],
    );
  const [v4, v6] = [subnets((entry) => !isV6(entry)), subnets(isV6)];
  return {
    CreatedSubIface: network.deviceMade === true,
    ID: network.id,
    Internal: network.internal,
    ...(v4.length > 0 ? { Ipv4Subnets: JSON.stringify(v4) } : {}),
    ...(v6.length > 0 ? { Ipv6Subnets: JSON.stringify(v6) } : {}),
    ...(network.driver === "macvlan"
      ? { MacvlanMode: options["macvlan_mode"] || "bridge" }
      : { IpvlanMode: options["ipvlan_mode"] || "l2" }),
    ...(options["ipvlan_flag"] ? { IpvlanFlag: options["ipvlan_flag"] } : {}),
    Mtu: Number(options["com.docker.network.driver.mtu"] ?? 0),
    Parent: network.device ?? "",
  };
}

function storedBridge(network: NetworkRecord): Json {
  const option = (name: string) => network.options[`com.docker.network.bridge.${name}`];
  const address = (mine: (entry: IPAMRecord) => boolean) => {
    const i = network.ipam.findIndex(mine);
    return i >= 0 && network.gateways[i]
      ? withPrefix(network.gateways[i], network.ipam[i]!.Subnet)
      : undefined;
  };
  const v6 = address(isV6);
  return {
    AddressIPv4: address((entry) => !isV6(entry)) ?? "",
    ...(v6 === undefined ? {} : { AddressIPv6: v6 }),
    BridgeIfaceCreator: 1,
    BridgeName: network.device ?? `br-${network.id.slice(0, 12)}`,
    ContainerIfacePrefix: "",
    DefaultBindingIP: option("host_binding_ipv4") ?? NONE,
    DefaultBridge: option("default_bridge") === "true" || network.name === "bridge",
    DefaultGatewayIPv4: NONE,
    DefaultGatewayIPv6: NONE,
    EnableICC: option("enable_icc") !== "false",
    EnableIPMasquerade: option("enable_ip_masquerade") !== "false",
    EnableIPv6: network.ipv6,
    HostIP: NONE,
    ID: network.id,
    InhibitIPv4: false,
    Internal: network.internal,
    Mtu: Number(network.options["com.docker.network.driver.mtu"] ?? 0),
  };
}
