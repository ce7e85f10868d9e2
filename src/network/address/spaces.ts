import { invalidArgument } from "../../errors/errors.ts";
import type { NetworkRecord } from "../records.ts";
import { type Address, contains, type Family, parseAddress, parseSubnet } from "./ip.ts";
import { AddressSpace } from "./ipam.ts";

/** The subnets of a network, each with its addresses and its gateway. */
export interface AddressSpaces {
  /** Undefined where the network has no subnet of the family. */
  take(family: Family, wanted: string | undefined): TakenAddress | undefined;
  note(address: string): void;
  release(address: string): void;
}

export interface TakenAddress {
  address: Address;
  prefix: number;
  /** "172.18.0.1", or "" for none. */
  gateway: string;
}

interface Entry {
  space: AddressSpace;
  gateway: string;
}

/** A network's addresses; its gateways and auxiliary addresses are taken. */
export function spacesOf(record: Pick<NetworkRecord, "ipam" | "gateways" | "ipv6">): AddressSpaces {
  const entries = record.ipam.flatMap(({ Subnet, IPRange, AuxiliaryAddresses }, i): Entry[] => {
    const subnet = parseSubnet(Subnet);
    if (subnet.family === 6 && !record.ipv6) return [];
    const space = new AddressSpace(subnet, IPRange ? parseSubnet(IPRange) : undefined);
    const own = record.gateways[i] ?? "";
    // Docker's name for a router that is not the bridge itself.
    const gateway = AuxiliaryAddresses?.[`DefaultGatewayIPv${subnet.family}`] ?? own;
    for (const text of [own, ...Object.values(AuxiliaryAddresses ?? {})]) {
      const address = parseAddress(text);
      if (address) space.note(address);
    }
    return [{ space, gateway }];
  });
  const holding = (address: string): [Entry, Address] | undefined => {
    const parsed = parseAddress(address);
    const entry = parsed && entries.find(({ space }) => contains(space.subnet, parsed));
    return entry && [entry, parsed];
  };
  return {
    take: (family, wanted) => takeFrom(entries, family, wanted),
    note(address) {
      const found = holding(address);
      found?.[0].space.note(found[1]);
    },
    release(address) {
      const found = holding(address);
      found?.[0].space.release(found[1]);
    },
  };
}

function takeFrom(entries: Entry[], family: Family, wanted: string | undefined): TakenAddress | undefined {
  const candidates = entries.filter(({ space }) => space.subnet.family === family);
  if (candidates.length === 0) return undefined;
  if (wanted) return takeWanted(candidates, wanted);
  let failure: unknown;
  for (const { space, gateway } of candidates) {
    try {
      return { address: space.next(), prefix: space.subnet.prefix, gateway };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Errors: invalidArgument outside of all subnets, forbidden when in use. */
function takeWanted(candidates: Entry[], wanted: string): TakenAddress {
  const address = parseAddress(wanted);
  if (!address) throw invalidArgument(`invalid IP address: ${wanted}`);
  const { space, gateway } =
    candidates.find((entry) => contains(entry.space.subnet, address)) ?? candidates[0]!;
  return { address: space.take(address), prefix: space.subnet.prefix, gateway };
}
