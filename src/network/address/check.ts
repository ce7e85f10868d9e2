/** What is wrong with the addresses that a new network is to have, all of it at once, in stock's words. */
import { invalidArgument } from "../../errors/errors.ts";
import type { IPAMRecord } from "../records.ts";
import { contains, formatSubnet, overlaps, parseAddress, parseSubnet, type Subnet } from "./ip.ts";

/** Subnets of a family that the network does not have are passed over. Errors: invalidArgument. */
export function checkAddresses(configs: readonly Partial<IPAMRecord>[], ipv6: boolean): void {
  const wrong = configs.flatMap((config) => faultsOf(config, ipv6));
  if (wrong.length === 0) return;
  const listed = wrong.length === 1 ? wrong[0] : wrong.map((fault) => `* ${fault}`).join("\n");
  throw invalidArgument(`invalid network config:\n${listed}`);
}

function faultsOf(config: Partial<IPAMRecord>, ipv6: boolean): string[] {
  // Clients send null for what is not given.
  const [text, range, gateway] = [config.Subnet || "", config.IPRange || "", config.Gateway || ""];
  const subnet = readSubnet(text);
  if (!subnet) return [`invalid subnet ${text}: invalid CIDR block notation`];
  if (subnet.family === 6 && !ipv6) return [];
  const addresses: [string, string][] = [
    [`invalid gateway ${gateway}`, gateway],
    ...Object.entries(config.AuxiliaryAddresses ?? {}).map(([name, address]): [string, string] => [
      `invalid auxiliary address ${name}`,
      address,
    ]),
  ];
  return [
    ...unlessMasked(`invalid subnet ${text}`, text, subnet),
    ...rangeFaults(range, subnet),
    ...addresses.flatMap(([what, address]) => addressFaults(what, address, subnet)),
  ];
}

function readSubnet(text: string): Subnet | undefined {
  try {
    return parseSubnet(text);
  } catch {
    return undefined;
  }
}

/** Bits of a host in what is to name a subnet. */
function unlessMasked(what: string, text: string, subnet: Subnet): string[] {
  const address = parseAddress(text.split("/")[0]!);
  return address?.value === subnet.base ? [] : [`${what}: it should be ${formatSubnet(subnet)}`];
}

function rangeFaults(text: string, subnet: Subnet): string[] {
  if (text === "") return [];
  const what = `invalid ip-range ${text}`;
  const range = readSubnet(text);
  if (!range) return [`${what}: invalid CIDR block notation`];
  if (range.family !== subnet.family) return [`${what}: parent subnet is an IPv${subnet.family} block`];
  const parent = formatSubnet(subnet);
  return [
    ...(range.prefix < subnet.prefix
      ? [`${what}: CIDR block is bigger than its parent subnet ${parent}`]
      : []),
    ...unlessMasked(what, text, range),
    ...(overlaps(subnet, range) ? [] : [`${what}: parent subnet ${parent} doesn't contain ip-range`]),
  ];
}

function addressFaults(what: string, text: string, subnet: Subnet): string[] {
  if (text === "") return [];
  const address = parseAddress(text);
  if (!address) return [`${what}: invalid address`];
  if (address.family !== subnet.family) return [`${what}: parent subnet is an IPv${subnet.family} block`];
  if (contains(subnet, address)) return [];
  return [`${what}: parent subnet ${formatSubnet(subnet)} doesn't contain this address`];
}
