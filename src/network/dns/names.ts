/** Which container a name or an address on a user-defined network stands for. */
import { type Address, type Family, formatAddress, parseAddress } from "../address/ip.ts";
import type { EndpointRecord, SandboxRecord } from "../records.ts";
import { dnsNames, isUserDefined } from "../view.ts";

/** The addresses of a name as `asker` sees it; undefined if nobody on its networks has it. */
export function resolveName(
  asker: SandboxRecord,
  all: Iterable<SandboxRecord>,
  name: string,
  family: Family,
): Address[] | undefined {
  const records = [...all];
  for (const [short, networkName] of candidates(name)) {
    for (const own of asker.endpoints) {
      if (!isUserDefined(own.networkName)) continue;
      if (networkName !== undefined && networkName !== own.networkName.toLowerCase()) continue;
      const found = onNetwork(records, own, linked(own, short));
      if (found.length > 0) return found.flatMap((endpoint) => addressesOf(endpoint, family));
    }
  }
  return undefined;
}

/** "a.b.c" may be that name on any network, "a.b" on network "c", or "a" on network "b.c". */
function candidates(name: string): [string, string | undefined][] {
  const found: [string, string | undefined][] = [[name, undefined]];
  for (let dot = name.lastIndexOf("."); dot > 0; dot = name.lastIndexOf(".", dot - 1))
    found.push([name.slice(0, dot), name.slice(dot + 1)]);
  return found;
}

/** The name behind an alias that --link gave to this container alone. */
function linked({ settings }: EndpointRecord, name: string): string {
  for (const link of settings.Links ?? []) {
    const [target = "", alias = target] = link.split(":");
    if (alias.toLowerCase() === name) return target.toLowerCase();
  }
  return name;
}

function onNetwork(
  records: readonly SandboxRecord[],
  { networkID }: EndpointRecord,
  name: string,
): EndpointRecord[] {
  return records.flatMap((record) => {
    const endpoint = record.endpoints.find((one) => one.networkID === networkID);
    if (!endpoint) return [];
    return dnsNames(record, endpoint).some((known) => known.toLowerCase() === name) ||
      record.request.containerID === name
      ? [endpoint]
      : [];
  });
}

function addressesOf({ address, address6 }: EndpointRecord, family: Family): Address[] {
  const parsed = parseAddress((family === 4 ? address : address6) ?? "");
  return parsed ? [parsed] : [];
}

/** "name.network" of an address on one of the asker's networks. */
export function resolveAddress(
  asker: SandboxRecord,
  all: Iterable<SandboxRecord>,
  text: string,
): string | undefined {
  const parsed = parseAddress(text);
  if (!parsed) return undefined;
  const address = formatAddress(parsed);
  const networks = new Set(
    asker.endpoints.filter((e) => isUserDefined(e.networkName)).map((e) => e.networkID),
  );
  for (const record of all) {
    for (const endpoint of record.endpoints) {
      if (!networks.has(endpoint.networkID)) continue;
      if (endpoint.address === address || endpoint.address6 === address)
        return `${record.request.containerName}.${endpoint.networkName}`;
    }
  }
  return undefined;
}
