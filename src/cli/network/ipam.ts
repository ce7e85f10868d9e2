/** The flags of `docker network create` about addresses. */
export interface IpamFlags {
  /** CIDR. */
  subnets: string[];
  /** CIDR, each within a subnet. */
  ranges: string[];
  gateways: string[];
  /** Addresses by the name they are taken for. */
  auxAddresses: Record<string, string>;
}

/** What is set for one subnet. */
interface SubnetConfig {
  Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** Assigns ranges, gateways and addresses to the subnets that hold them. Errors: in the Docker client's words. */
export function ipamConfigs(flags: IpamFlags): SubnetConfig[] {
  const { subnets, ranges, gateways, auxAddresses } = flags;
  if (subnets.length < ranges.length || subnets.length < gateways.length)
    throw new Error("every ip-range or gateway must have a corresponding subnet");
  checkOverlap(subnets);
  const configs = new Map<string, SubnetConfig>(subnets.map((subnet) => [subnet, { Subnet: subnet }]));
  const holder = (what: string, inside: (subnet: string) => boolean): SubnetConfig => {
    for (const [subnet, config] of configs) if (inside(subnet)) return config;
    throw new Error(`no matching subnet for ${what}`);
  };
  for (const range of ranges) {
    const config = holder(`range ${range}`, (subnet) => contains(subnet, range, false));
    if (config.IPRange !== undefined)
      throw new Error(
        `cannot configure multiple ranges (${range}, ${config.IPRange}) on the same subnet (${config.Subnet})`,
      );
    config.IPRange = range;
  }
  for (const gateway of gateways) {
    const config = holder(`gateway ${gateway}`, (subnet) => holds(subnet, gateway));
    if (config.Gateway !== undefined)
      throw new Error(
        `cannot configure multiple gateways (${gateway}, ${config.Gateway}) for the same subnet (${config.Subnet})`,
      );
    config.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(auxAddresses)) {
    const config = holder(`aux-address ${address}`, (subnet) => holds(subnet, address));
    config.AuxiliaryAddresses = { ...config.AuxiliaryAddresses, [name]: address };
  }
  return [...configs.values()];
}

function checkOverlap(subnets: readonly string[]): void {
  subnets.forEach((subnet, i) => {
    for (const other of subnets.slice(0, i))
      if (contains(other, subnet) || contains(subnet, other))
        throw new Error("multiple overlapping subnet configuration is not supported");
  });
}

interface Block {
  value: bigint;
  prefix: number;
  bits: number;
}

/** Whether a subnet holds an address or the first address of a block. Errors: for what is neither. */
function contains(subnet: string, other: string, addressAllowed = true): boolean {
  const outer = parseBlock(subnet);
  const inner = parseBlock(other, addressAllowed);
  if (outer.bits !== inner.bits) return false;
  const shift = BigInt(outer.bits - outer.prefix);
  return outer.value >> shift === inner.value >> shift;
}

/** As contains(), for an address; what is none is in no subnet. */
const holds = (subnet: string, address: string): boolean =>
  addressValue(address) !== undefined && contains(subnet, address);

function parseBlock(text: string, addressAllowed = false): Block {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const value = addressValue(address);
  const bits = address.includes(":") ? 128 : 32;
  const prefix = slash < 0 ? bits : Number(text.slice(slash + 1));
  const sound =
    value !== undefined && /^\d+$|^$/.test(text.slice(slash + 1 || text.length)) && prefix <= bits;
  if (!sound || (slash < 0 && !addressAllowed))
    throw new Error(slash < 0 && addressAllowed ? `invalid IP: ${text}` : `invalid CIDR address: ${text}`);
  return { value, prefix, bits };
}

/** An address as a number; undefined for what is none. */
function addressValue(text: string): bigint | undefined {
  if (!text.includes(":")) {
    const parts = text.split(".");
    if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255))
      return undefined;
    return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  }
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
