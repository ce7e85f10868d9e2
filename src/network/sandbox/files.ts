/** hosts and resolv.conf of a sandbox's container. */
import { existsSync, writeFileSync } from "node:fs";
import type { NetworkOptions } from "../options.ts";
import type { SandboxRecord } from "../records.ts";
import { isUserDefined } from "../view.ts";
import { hostsText, ownLine, rewriteHosts } from "./hosts.ts";
import {
  effectiveResolver,
  embeddedResolvConf,
  hostResolver,
  plainResolvConf,
  type SandboxResolver,
} from "./resolv-conf.ts";

type FileOptions = Pick<NetworkOptions, "dns" | "dnsSearch" | "dnsOptions">;

/** Whether the sandbox has the embedded DNS server: on user-defined networks. */
export const hasEmbeddedDNS = (record: SandboxRecord): boolean =>
  record.netnsPath !== undefined && record.endpoints.some(({ networkName }) => isUserDefined(networkName));

/** The resolver settings of a container, over the daemon's, over the host's. */
export function resolverOf(record: SandboxRecord, options: FileOptions): SandboxResolver {
  const pick = (own: readonly string[], daemon: readonly string[]) => (own.length > 0 ? own : daemon);
  const { dns, dnsSearch, dnsOptions } = record.request;
  return effectiveResolver(hostResolver(), {
    dns: pick(dns, options.dns),
    dnsSearch: pick(dnsSearch, options.dnsSearch),
    dnsOptions: pick(dnsOptions, options.dnsOptions),
  });
}

/** Writes both files anew; `hostGateways` are what host-gateway means in --add-host. */
export function writeFiles(
  record: SandboxRecord,
  options: FileOptions,
  hostGateways: readonly string[],
): void {
  const { request } = record;
  const { hostname, domainname, extraHosts: extra, links } = request;
  const text = hostsText({
    fromHost: record.netnsPath === undefined,
    extra,
    gateways: hostGateways,
    links,
    addresses: ownAddresses(record),
    hostname,
    domainname,
  });
  writeFileSync(request.hostsPath, text);
  writeResolvConf(record, options);
}

/** In place, since the file is mounted into the container. */
export function writeResolvConf(record: SandboxRecord, options: FileOptions): void {
  const resolver = resolverOf(record, options);
  const { netnsPath, request } = record;
  const inHost = netnsPath === undefined;
  if (hasEmbeddedDNS(record)) writeFileSync(request.resolvConfPath, embeddedResolvConf(resolver));
  else writeFileSync(request.resolvConfPath, plainResolvConf(resolver, inHost));
}

const ownAddresses = ({ endpoints }: SandboxRecord) =>
  endpoints.flatMap(({ address, address6 }) => [address, address6].flatMap((one) => (one ? [one] : [])));

/** Brings the container's own lines in line with a changed list of addresses. */
export function updateOwnHosts(record: SandboxRecord, before: readonly string[]): void {
  const { request } = record;
  if (!existsSync(request.hostsPath)) return;
  const after = ownAddresses(record);
  const lines = (addresses: readonly string[]) => addresses.map((address) => ownLine(address, request));
  rewriteHosts(
    request.hostsPath,
    lines(after.filter((address) => !before.includes(address))),
    lines(before.filter((address) => !after.includes(address))),
  );
}

export const addressesOf = ownAddresses;
