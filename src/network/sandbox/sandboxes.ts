import { join } from "node:path";
import { EngineError, forbidden, notFound } from "../../errors/errors.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { removeNetns } from "../../linux/netns.ts";
import { makeEndpoint, releaseEndpoint } from "../endpoint.ts";
import { newID } from "../networks.ts";
import type { Parts } from "../parts.ts";
import { portMap } from "../ports/bindings.ts";
import { publishFailure } from "../ports/publisher.ts";
import type { EndpointRecord, NetworkRecord, SandboxRecord } from "../records.ts";
import type { RequestedEndpoint, SandboxRequest } from "../types.ts";
import {
  addressesOf,
  hasEmbeddedDNS,
  resolverOf,
  updateOwnHosts,
  writeFiles,
  writeResolvConf,
} from "./files.ts";
import { type Candidate, gatewayOf } from "./gateway.ts";
import { clearDefaultRoutes, setDefaultRoutes, unplug } from "./interfaces.ts";
import { makeNamespace, nextName, openNamespace } from "./namespace.ts";

/** The sandboxes that there are, by container id. The caller sees to it that calls for one container do not overlap. */
export class Sandboxes {
  readonly #parts: Parts;
  readonly #records = new Map<string, SandboxRecord>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get(containerID: string): SandboxRecord | undefined {
    return this.#records.get(containerID);
  }

  all(): Iterable<SandboxRecord> {
    return this.#records.values();
  }

  /** The folder of pinned namespaces. */
  get folder(): string {
    return join(this.#parts.options.execRoot, "netns");
  }

  /** Takes up a sandbox that is there. */
  keep(record: SandboxRecord): void {
    this.#records.set(record.request.containerID, record);
  }

  /** All or nothing. */
  async setup(request: SandboxRequest): Promise<SandboxRecord> {
    if (this.#records.has(request.containerID)) await this.teardown(request.containerID);
    const record: SandboxRecord = {
      id: newID(),
      made: Date.now(),
      request,
      endpoints: [],
      published: [],
      proxies: [],
      ports: {},
    };
    this.#records.set(request.containerID, record);
    try {
      await this.#build(record);
      return record;
    } catch (error) {
      await this.#dismantle(record);
      throw error;
    }
  }

  async #build(record: SandboxRecord): Promise<void> {
    const { networks, store } = this.#parts;
    // With --bridge=none a container that names no network has loopback only.
    const named = wantedEndpoints(record.request).filter(
      ([name]) => name !== "bridge" || networks.named("bridge") !== undefined,
    );
    const wanted = named.map(([name, settings]) => [networks.find(name), settings] as const);
    if (wanted.some(([network]) => network.driver === "host")) {
      if (wanted.length > 1) throw hostConflict();
      record.endpoints.push(this.#reserve(...wanted[0]!));
    } else {
      record.netnsPath = join(this.folder, record.id.slice(0, 12));
      const { netns, sysctls } = record.request;
      using inside = makeNamespace(record.netnsPath, networkSysctls(sysctls), netns);
      wanted.forEach(([network, settings], i) => {
        this.#plug(record, inside, network, settings, `eth${i}`);
      });
      this.#route(record, inside);
    }
    this.#writeFiles(record);
    await bothDone(this.#publish(record), this.serveNames(record));
    store.saveSandbox(record);
  }

  /** Starts or ends the embedded DNS server, as the sandbox's networks want it. */
  async serveNames(record: SandboxRecord): Promise<void> {
    const { dns, options } = this.#parts;
    if (hasEmbeddedDNS(record)) await dns.start(record, resolverOf(record, options));
    else dns.stop(record);
  }

  #reserve(network: NetworkRecord, settings: RequestedEndpoint): EndpointRecord {
    return makeEndpoint(
      network,
      this.#parts.driverOf(network),
      this.#parts.networks.spaces(network.id),
      settings,
    );
  }

  #plug(
    record: SandboxRecord,
    inside: NetlinkSocket,
    network: NetworkRecord,
    settings: RequestedEndpoint,
    name: string,
  ): EndpointRecord {
    const driver = this.#parts.driverOf(network);
    const endpoint = this.#reserve(network, settings);
    record.endpoints.push(endpoint);
    if (!driver.plug) return endpoint;
    const { mac } = endpoint;
    const mtu = mtuOf(network);
    const plug = { netnsPath: record.netnsPath!, inside, name, mac, mtu, addresses: cidrsOf(endpoint) };
    const { hostLink } = driver.plug(network, plug);
    endpoint.link = name;
    if (hostLink !== undefined) endpoint.hostLink = hostLink;
    return endpoint;
  }

  #candidates(record: SandboxRecord): Candidate[] {
    const { networks, driverOf } = this.#parts;
    return record.endpoints.flatMap((endpoint) => {
      const network = networks.get(endpoint.networkID);
      return network ? [{ endpoint, network, driver: driverOf(network) }] : [];
    });
  }

  /** Leads the default route over the endpoint that it belongs to. True if that is another one than before. */
  #route(record: SandboxRecord, inside: NetlinkSocket): boolean {
    const candidates = this.#candidates(record);
    const chosen = gatewayOf(candidates);
    if (chosen?.endpoint.id === record.gatewayEndpoint) return false;
    const before = candidates.find(({ endpoint }) => endpoint.id === record.gatewayEndpoint);
    if (before) clearDefaultRoutes(inside, routesOf(before));
    if (chosen) {
      setDefaultRoutes(inside, routesOf(chosen));
      record.gatewayEndpoint = chosen.endpoint.id;
    } else delete record.gatewayEndpoint;
    return true;
  }

  /** Publishes the ports on the gateway's endpoint. */
  async #publish(record: SandboxRecord): Promise<void> {
    const { publisher, firewall, store } = this.#parts;
    const gateway = this.#candidates(record).find(({ endpoint }) => endpoint.id === record.gatewayEndpoint);
    record.ports = {};
    const { address, address6 } = gateway?.endpoint ?? {};
    if (!gateway?.driver.portRules || address === undefined) return;
    try {
      const hostIP = gateway.driver.hostBinding?.(gateway.network);
      const publication = await publisher.publish(record.request, { address, address6 }, hostIP);
      Object.assign(record, publication);
      record.ports = portMap(record.request, record.published);
      if (record.published.length === 0) return;
      // Should the engine die now, it finds what it has to undo.
      store.saveSandbox(record);
      await firewall.addPorts(
        gateway.endpoint.id,
        gateway.driver.portRules(gateway.network, record.published),
      );
    } catch (error) {
      throw publishFailure(record.request.containerName, gateway.endpoint.id, error);
    }
  }

  async #unpublish(record: SandboxRecord, gatewayEndpoint: string | undefined): Promise<void> {
    const { publisher, firewall } = this.#parts;
    const { published, proxies } = record;
    record.published = [];
    record.proxies = [];
    record.ports = {};
    const unruled = gatewayEndpoint === undefined ? undefined : firewall.removePorts(gatewayEndpoint);
    await Promise.all([publisher.release({ published, proxies }), unruled]);
  }

  #writeFiles(record: SandboxRecord): void {
    const { options } = this.#parts;
    writeFiles(record, options, this.#hostGateways());
  }

  /** What "host-gateway" stands for: the address of the default bridge. */
  #hostGateways(): readonly string[] {
    const { networks, options } = this.#parts;
    if (options.hostGatewayIPs.length > 0) return options.hostGatewayIPs;
    return networks.named("bridge")?.gateways.slice(0, 1) ?? [];
  }

  /** Removes a container's sandbox; returns the endpoints that it had. */
  async teardown(containerID: string): Promise<EndpointRecord[]> {
    const record = this.#records.get(containerID);
    if (!record) return [];
    const endpoints = [...record.endpoints];
    await this.#dismantle(record);
    return endpoints;
  }

  async #dismantle(record: SandboxRecord): Promise<void> {
    const { store, dns } = this.#parts;
    dns.stop(record);
    if (record.netnsPath !== undefined) removeNetns(record.netnsPath);
    for (const endpoint of record.endpoints) this.#releaseAddresses(endpoint);
    await this.#unpublish(record, record.gatewayEndpoint);
    this.#records.delete(record.request.containerID);
    store.removeSandbox(record.request.containerID);
  }

  #releaseAddresses(endpoint: EndpointRecord): void {
    const { networks } = this.#parts;
    if (networks.get(endpoint.networkID)) releaseEndpoint(networks.spaces(endpoint.networkID), endpoint);
  }

  /** Errors: notFound, forbidden, invalidArgument. */
  async connect(
    containerID: string,
    network: NetworkRecord,
    settings: RequestedEndpoint,
  ): Promise<SandboxRecord> {
    const record = this.#running(containerID);
    if (record.netnsPath === undefined || network.driver === "host") throw hostConflict();
    if (record.endpoints.some(({ networkID }) => networkID === network.id))
      throw forbidden(
        `endpoint with name ${record.request.containerName} already exists in network ${network.name}`,
      );
    const before = addressesOf(record);
    const hadDNS = hasEmbeddedDNS(record);
    using inside = openNamespace(record.netnsPath);
    try {
      this.#plug(record, inside, network, settings, nextName(inside));
    } catch (error) {
      this.#drop(record, inside, network.id);
      throw error;
    }
    await this.#afterChange(record, inside, before, hadDNS);
    return record;
  }

  async disconnect(containerID: string, network: NetworkRecord): Promise<SandboxRecord> {
    const record = this.#running(containerID);
    if (network.driver === "host")
      throw forbidden("container cannot be disconnected from host network or connected to host network");
    const there = record.endpoints.some(({ networkID }) => networkID === network.id);
    if (!there || record.netnsPath === undefined)
      throw forbidden(`container ${containerID} is not connected to network ${network.name}`);
    const before = addressesOf(record);
    const hadDNS = hasEmbeddedDNS(record);
    using inside = openNamespace(record.netnsPath);
    const gatewayBefore = record.gatewayEndpoint;
    this.#drop(record, inside, network.id);
    await this.#afterChange(record, inside, before, hadDNS, gatewayBefore);
    return record;
  }

  #running(containerID: string): SandboxRecord {
    const record = this.#records.get(containerID);
    if (!record) throw notFound(`container ${containerID} has no network: is it running?`);
    return record;
  }

  #drop(record: SandboxRecord, inside: NetlinkSocket, networkID: string): void {
    const endpoint = record.endpoints.find((one) => one.networkID === networkID);
    if (!endpoint) return;
    if (endpoint.link !== undefined) unplug(inside, endpoint.link);
    this.#releaseAddresses(endpoint);
    record.endpoints = record.endpoints.filter((one) => one !== endpoint);
  }

  /** Routes, ports and files follow a changed list of endpoints. */
  async #afterChange(
    record: SandboxRecord,
    inside: NetlinkSocket,
    before: readonly string[],
    hadDNS: boolean,
    gatewayBefore: string | undefined = record.gatewayEndpoint,
  ): Promise<void> {
    const moved = this.#route(record, inside);
    updateOwnHosts(record, before);
    if (hasEmbeddedDNS(record) !== hadDNS) {
      writeResolvConf(record, this.#parts.options);
      await this.serveNames(record);
    }
    this.#parts.store.saveSandbox(record);
    if (!moved) return;
    await this.#unpublish(record, gatewayBefore);
    await this.#publish(record);
    this.#parts.store.saveSandbox(record);
  }
}

/** Like Promise.all, but waits for both even if one fails. */
async function bothDone(a: Promise<void>, b: Promise<void>): Promise<void> {
  await Promise.allSettled([a, b]);
  await Promise.all([a, b]);
}

const hostConflict = () =>
  new EngineError(
    "forbidden",
    "container sharing network namespace with another container or host cannot be connected to any other network",
  );

/** The container's networks: the one it was made with first, then the others by name. */
function wantedEndpoints(request: SandboxRequest): [string, RequestedEndpoint][] {
  const primary = request.mode === "default" ? "bridge" : request.mode;
  const all = Object.entries(request.endpoints);
  const first = all.find(([name, { NetworkID }]) => name === primary || NetworkID === primary);
  const others = all.filter((entry) => entry !== first).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // Disconnected from the one it was made with: only the others count, and there may be none.
  if (!first) return others;
  return [[first[0], withMac(first[1], request)], ...others];
}

const withMac = (settings: RequestedEndpoint, { macAddress }: SandboxRequest): RequestedEndpoint =>
  macAddress && !settings.DesiredMacAddress ? { ...settings, DesiredMacAddress: macAddress } : settings;

/** Settings of the network namespace, which the runtime leaves to whoever made it. */
const networkSysctls = (sysctls: Record<string, string>) =>
  Object.fromEntries(Object.entries(sysctls).filter(([name]) => name.startsWith("net.")));

function cidrsOf({ address, prefix, address6, prefix6 }: EndpointRecord): string[] {
  const cidrs = address === undefined ? [] : [`${address}/${prefix}`];
  return address6 === undefined ? cidrs : [...cidrs, `${address6}/${prefix6}`];
}

const routesOf = ({ driver, network, endpoint }: Candidate) => ({
  name: endpoint.link ?? "",
  gateways: driver.gateways(network, endpoint),
});

function mtuOf({ options }: NetworkRecord): number | undefined {
  const mtu = Number(options["com.docker.network.driver.mtu"] ?? 0);
  return mtu > 0 ? mtu : undefined;
}
