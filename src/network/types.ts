/**
 * What the network side offers to the engine. Words as in the container network model: a *network* joins
 * *endpoints*; a container's *sandbox* is its network namespace with the endpoints in it.
 *
 * Life of a sandbox: setup() before the container's task is created (it makes and pins a network namespace under
 * <exec-root>/netns/, so that the runtime joins it by path), teardown() after the task has exited. Both are
 * idempotent and all or nothing. State is on disk, and adopt() reconciles it with the kernel at start: sandboxes of
 * running containers are kept as they are, everything else of ours is removed.
 */
import type { EndpointSettings, Network, PortMap } from "../api/schema.ts";
import type { Finding } from "./doctor/finding.ts";

/** An endpoint as asked for, and as it became; the MAC address that was asked for is kept apart, as moby does. */
export type RequestedEndpoint = EndpointSettings & { DesiredMacAddress?: string };

export interface SandboxRequest {
  containerID: string;
  /** Without the leading slash. */
  containerName: string;
  hostname: string;
  domainname: string;
  /** HostConfig.NetworkMode: "default", "bridge", "none", "host", "container:<id>" or a network's name or id. */
  mode: string;
  /** By network name, as the request and the container's stored NetworkSettings have them. */
  endpoints: Record<string, RequestedEndpoint>;
  /** Of the endpoint on the network that `mode` names. */
  macAddress?: string;
  /** "80/tcp": from the image, --expose and -p. */
  exposedPorts: string[];
  portBindings: PortMap;
  publishAll: boolean;
  dns: string[];
  dnsSearch: string[];
  dnsOptions: string[];
  /** "name:ip" */
  extraHosts: string[];
  /** "container:alias" (legacy links on the default bridge), resolved by the engine to names and addresses. */
  links: { alias: string; name: string; address: string }[];
  sysctls: Record<string, string>;
  /** A network namespace that somebody else has made for the container, to be pinned and used. */
  netns?: string;
  /** Files to write; bind-mounted into the container by the engine. */
  hostsPath: string;
  resolvConfPath: string;
}

export interface Sandbox {
  id: string;
  /** Path of the pinned network namespace, /proc/... or undefined when the host's own is used. */
  netnsPath: string | undefined;
  endpoints: Record<string, EndpointSettings>;
  /** The ports as `docker inspect` shows them: exposed ones with null, published ones with their bindings. */
  ports: PortMap;
}

/** A network that a container is on, or was on. */
export interface EndpointReference {
  networkID: string;
  networkName: string;
  driver: string;
}

export interface NetworkController {
  /** Errors: notFound (network), system ("port is already allocated"), forbidden; nothing is left behind. */
  setup(request: SandboxRequest): Promise<Sandbox>;
  /** Returns the networks that the container was on. Fine when there is no sandbox. */
  teardown(containerID: string): Promise<EndpointReference[]>;
  /** The sandbox of a container, if it has one now. */
  get(containerID: string): Sandbox | undefined;
  /** The networks that a container is on now. */
  endpointsOf(containerID: string): EndpointReference[];
  /** Joins a running container to one more network. Errors: forbidden when it is on it already. */
  connect(containerID: string, network: string, settings: RequestedEndpoint): Promise<Sandbox>;
  disconnect(containerID: string, network: string): Promise<Sandbox>;
  /** Whether an endpoint may have these settings. Errors: invalidArgument, in stock's words. */
  check(network: string, settings: RequestedEndpoint): void;
  /** Why traffic does, or does not, get into and out of a container. */
  examine(containerID: string, portBindings: PortMap): Promise<Finding[]>;
  /** The container has a new name. */
  rename(containerID: string, name: string): void;
  /** Keeps the sandboxes of these containers, removes all others; restores firewall rules. Call once at start. */
  adopt(running: Set<string>): Promise<void>;
  /** By name, id or unique id prefix. Errors: notFound ("network x not found"). */
  find(nameOrID: string): Network;
  list(): Network[];
  create(request: NetworkCreate): Promise<{ id: string; warning: string }>;
  /** Errors: notFound; forbidden for predefined networks and those with active endpoints. */
  remove(nameOrID: string): Promise<void>;
  close(): Promise<void>;
}

export interface NetworkCreate {
  Name: string;
  CheckDuplicate?: boolean;
  Driver?: string;
  Internal?: boolean;
  Attachable?: boolean;
  Ingress?: boolean;
  EnableIPv6?: boolean;
  EnableIPv4?: boolean;
  Scope?: string;
  ConfigOnly?: boolean;
  ConfigFrom?: { Network?: string };
  IPAM?: Network["IPAM"];
  Options?: Record<string, string>;
  Labels?: Record<string, string>;
}
