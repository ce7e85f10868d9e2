import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { messageOf } from "../../../errors/errors.ts";
import type { EndpointReference, Sandbox, SandboxRequest } from "../../../network/types.ts";
import { publishEndpoints } from "../../networks/events.ts";
import type { Container } from "../container.ts";
import { containerOf } from "../create/modes.ts";
import type { Env } from "../env.ts";
import { NOT_CONNECTED } from "../record.ts";
import { giveToRoot } from "../userns.ts";
import { linksOf } from "./links.ts";
import { sharedContainer } from "./namespaces.ts";

export interface ContainerNetwork {
  /** Path of the network namespace, "host", or "" for a new one without anything in it. */
  netns: string;
  /** Whose hosts, hostname and resolv.conf are used: the container's own, or those of the one whose network it joins. */
  files: Container;
}

/** Puts the container on its networks, and writes its hostname, hosts and resolv.conf. */
export async function setUpNetwork(env: Env, container: Container): Promise<ContainerNetwork> {
  if (container.config.NetworkDisabled) return { netns: "", files: container };
  const other = containerOf(container.hostConfig.NetworkMode);
  if (other !== undefined) return joinNetwork(env, other);
  writeHostname(container);
  const netns = await plugIn(env, container);
  for (const path of filesOf(container)) giveToRoot(env, path);
  return { netns: netns ?? "host", files: container };
}

const filesOf = ({ hostnamePath, hostsPath, resolvConfPath }: Container) => [
  hostnamePath,
  hostsPath,
  resolvConfPath,
];

/**
 * A network namespace belongs to the user namespace that it was made in, which is the container's own; so the runtime
 * makes both, and the container is put on its networks before it starts (see joinNetworks).
 */
export function awaitNetwork(env: Env, container: Container): ContainerNetwork {
  writeHostname(container);
  for (const path of [container.hostsPath, container.resolvConfPath]) writeFileSync(path, "");
  for (const path of filesOf(container)) giveToRoot(env, path);
  return { netns: "", files: container };
}

/** Puts a container that has been created, and not yet started, on its networks. */
export async function joinNetworks(env: Env, container: Container, pid: number): Promise<void> {
  await plugIn(env, container, `/proc/${pid}/ns/net`);
}

async function plugIn(env: Env, container: Container, netns?: string): Promise<string | undefined> {
  const request = sandboxRequest(env, container);
  const sandbox = await env.network.setup(netns === undefined ? request : { ...request, netns });
  recordSandbox(container, sandbox);
  publishEndpoints(env.events, "connect", container.id, env.network.endpointsOf(container.id));
  writeMissing(container);
  return sandbox.netnsPath;
}

function joinNetwork(env: Env, reference: string): ContainerNetwork {
  const other = sharedContainer(env, reference, "network");
  return { netns: `/proc/${other.state.pid}/ns/net`, files: other };
}

function writeHostname(container: Container): void {
  writeFileSync(container.hostnamePath, `${container.config.Hostname ?? ""}\n`);
}

/** Whatever the network side did not have to write is the host's own. */
function writeMissing(container: Container): void {
  for (const [path, source] of [
    [container.hostsPath, "/etc/hosts"],
    [container.resolvConfPath, "/etc/resolv.conf"],
  ] as const) {
    if (existsSync(path)) continue;
    if (existsSync(source)) copyFileSync(source, path);
    else writeFileSync(path, "");
  }
}

/** Keeps what inspect shows of the container's networks. */
export function recordSandbox(container: Container, sandbox: Sandbox | undefined): void {
  const { network } = container.facts;
  if (sandbox) {
    network.SandboxID = sandbox.id;
    network.SandboxKey = sandbox.netnsPath ?? "";
    network.Networks = sandbox.endpoints;
    network.Ports = sandbox.ports;
    return;
  }
  network.SandboxID = "";
  network.SandboxKey = "";
  network.Ports = {};
  for (const endpoint of Object.values(network.Networks)) Object.assign(endpoint, NOT_CONNECTED);
}

function sandboxRequest(env: Env, container: Container): SandboxRequest {
  const { config, hostConfig, facts } = container;
  const request: SandboxRequest = {
    containerID: container.id,
    containerName: container.name,
    hostname: config.Hostname ?? "",
    domainname: config.Domainname ?? "",
    mode: hostConfig.NetworkMode ?? "bridge",
    endpoints: facts.network.Networks,
    exposedPorts: [
      ...new Set([...Object.keys(config.ExposedPorts ?? {}), ...Object.keys(hostConfig.PortBindings ?? {})]),
    ],
    portBindings: hostConfig.PortBindings ?? {},
    publishAll: hostConfig.PublishAllPorts ?? false,
    dns: hostConfig.Dns ?? [],
    dnsSearch: hostConfig.DnsSearch ?? [],
    dnsOptions: hostConfig.DnsOptions ?? [],
    extraHosts: hostConfig.ExtraHosts ?? [],
    links: linksOf(env, container),
    sysctls: hostConfig.Sysctls ?? {},
    hostsPath: container.hostsPath,
    resolvConfPath: container.resolvConfPath,
  };
  if (config.MacAddress) request.macAddress = config.MacAddress;
  return request;
}

/** Takes the container off its networks, and returns which; what is not there is no error. */
export async function tearDownNetwork(env: Env, container: Container): Promise<EndpointReference[]> {
  if (container.config.NetworkDisabled || containerOf(container.hostConfig.NetworkMode) !== undefined)
    return [];
  let left: EndpointReference[] = [];
  try {
    left = await env.network.teardown(container.id);
  } catch (error) {
    env.log.warn("network of a container could not be taken down", {
      container: container.id,
      error: messageOf(error),
    });
  }
  recordSandbox(container, undefined);
  return left;
}
