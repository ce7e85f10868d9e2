import type { Logger } from "../log/log.ts";
import type { PoolSpec } from "./address/pools.ts";

/** How dockerd sets its networks up; most of it are flags of the same name. */
export interface NetworkOptions {
  /** <data-root>/network */
  root: string;
  execRoot: string;
  /** A bridge that somebody else made, or "none" for no default network. */
  bridge?: string | undefined;
  /** Address of the default bridge, "172.17.0.1/16". */
  bip?: string | undefined;
  /** Part of the default bridge's subnet that containers get addresses from. */
  fixedCIDR?: string | undefined;
  iptables: boolean;
  ip6tables: boolean;
  /** The default bridge has IPv6, in the subnet `fixedCIDRv6`. */
  ipv6: boolean;
  fixedCIDRv6?: string | undefined;
  /** Addresses in the default bridge's subnets that its containers send everything else to; the bridge's own if undefined. */
  defaultGateway?: string | undefined;
  defaultGatewayV6?: string | undefined;
  ipMasq: boolean;
  ipForward: boolean;
  icc: boolean;
  userlandProxy: boolean;
  userlandProxyPath?: string | undefined;
  /** Bytes; 1500 if 0. */
  mtu: number;
  /** Which unique local addresses are this engine's comes from it. */
  engineID: string;
  /** What "host-gateway" stands for; the default bridge's address if there are none. */
  hostGatewayIPs: readonly string[];
  /** Options of new networks, by driver, where the request says nothing else. */
  defaultNetworkOpts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  defaultAddressPools?: readonly PoolSpec[] | undefined;
  /** Address that published ports are bound to when none is given; 0.0.0.0 also stands for "::". */
  defaultIP: string;
  /** The daemon's own --dns, --dns-search, --dns-opt, for containers that have none. */
  dns: readonly string[];
  dnsSearch: readonly string[];
  dnsOptions: readonly string[];
  /** The name of a container without the slash, for `docker network inspect`. */
  containerName(id: string): string;
  log: Logger;
}
