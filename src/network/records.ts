/** What the network side keeps on disk: networks for good, sandboxes as long as they live. */
import type { PortMap } from "../api/schema.ts";
import type { RequestedEndpoint, SandboxRequest } from "./types.ts";

export interface IPAMRecord {
  Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

export interface NetworkRecord {
  id: string;
  name: string;
  /** RFC 3339 */
  created: string;
  driver: string;
  internal: boolean;
  attachable: boolean;
  ingress: boolean;
  options: Record<string, string>;
  labels: Record<string, string>;
  ipamDriver: string;
  /** null is what stock shows for the predefined networks. */
  ipamOptions: Record<string, string> | null;
  /** As `docker network inspect` shows it. */
  ipam: IPAMRecord[];
  /** The subnet was asked for by the user: only then may containers ask for an address. */
  subnetGiven: boolean;
  /** IPv6 beside IPv4. */
  ipv6: boolean;
  /** The gateway of each entry of `ipam`, "172.18.0.1"; "" where there is none. */
  gateways: string[];
  /** The bridge, or for macvlan the parent interface. */
  device?: string;
  /** The parent interface was made for this network, and goes with it. */
  deviceMade?: boolean;
  /** Not a network but a set of options for others, which name it in `configFrom`. */
  configOnly?: boolean;
  /** Name of the configuration that its options were taken from. */
  configFrom?: string;
  /** Predefined networks (bridge, host, none) are not removed by users. */
  predefined: boolean;
}

export interface EndpointRecord {
  id: string;
  networkID: string;
  networkName: string;
  /** As asked for. */
  settings: RequestedEndpoint;
  /** "172.17.0.2"; undefined on host and none. */
  address?: string;
  prefix?: number;
  gateway?: string;
  address6?: string;
  prefix6?: number;
  gateway6?: string;
  mac?: string;
  /** Interface on the host's side. */
  hostLink?: string;
  /** Interface inside the sandbox. */
  link?: string;
}

/** One published port, as it was really bound. */
export interface PublishedPort {
  proto: "tcp" | "udp" | "sctp";
  hostIP: string;
  hostPort: number;
  containerIP: string;
  containerPort: number;
}

export interface SandboxRecord {
  id: string;
  /** Milliseconds since 1970. */
  made: number;
  request: SandboxRequest;
  /** undefined: the host's own namespace. */
  netnsPath?: string;
  endpoints: EndpointRecord[];
  published: PublishedPort[];
  /** Id of the endpoint that the default route leads over, and whose address published ports lead to. */
  gatewayEndpoint?: string;
  /** Process ids of its docker-proxy processes. */
  proxies: number[];
  ports: PortMap;
  /** Where the embedded DNS server listens inside, if it has one. */
  dns?: { udp: number; tcp: number };
}
