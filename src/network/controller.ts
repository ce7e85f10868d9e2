import { existsSync, readFileSync } from "node:fs";
import type { PortMap } from "../api/schema.ts";
import { forbidden, messageOf, systemError } from "../errors/errors.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { localPool, SubnetPools } from "./address/pools.ts";
import { adoptSandboxes } from "./adopt.ts";
import { setSysctl } from "./bridge/device.ts";
import { bridgeDriver } from "./bridge/driver.ts";
import { DnsService } from "./dns/service.ts";
import type { Finding } from "./doctor/finding.ts";
import { type NetworkDriver, plainDriver } from "./driver.ts";
import { checkSettings } from "./endpoint.ts";
import { Firewall } from "./firewall/firewall.ts";
import { Firewalld } from "./firewalld/firewalld.ts";
import { Networks } from "./networks.ts";
import type { NetworkOptions } from "./options.ts";
import type { Parts } from "./parts.ts";
import { planNetwork } from "./plan.ts";
import { checkUnused } from "./plan-config.ts";
import { Publisher } from "./ports/publisher.ts";
import { ensurePredefined } from "./predefined.ts";
import type { EndpointRecord, NetworkRecord } from "./records.ts";
import { Sandboxes } from "./sandbox/sandboxes.ts";
import { NetworkStore } from "./store.ts";
import type {
  EndpointReference,
  NetworkController,
  NetworkCreate,
  RequestedEndpoint,
  Sandbox,
} from "./types.ts";
import { networkView, sandboxView } from "./view.ts";
import { ipvlanDriver, macvlanDriver } from "./wire/drivers.ts";

/** Opens the network side. Nothing is changed on the host before adopt(). */
export async function openNetworkController(options: NetworkOptions): Promise<NetworkController> {
  const store = new NetworkStore(options.root, options.execRoot);
  const networks = new Networks(store);
  const pools = new SubnetPools(options.defaultAddressPools, localPool(options.engineID));
  const host = new NetlinkSocket();
  const firewall = new Firewall(options);
  const publisher = new Publisher({
    userlandProxy: options.userlandProxy,
    userlandProxyPath: options.userlandProxyPath,
    defaults: { ip: "0.0.0.0", ipv6: existsSync("/proc/net/if_inet6") },
  });
  const drivers = driversOf(host, options);
  const driverOf = ({ driver }: Pick<NetworkRecord, "driver">) => {
    const found = drivers[driver];
    if (!found) throw systemError(`network driver ${driver} is not known to this engine`);
    return found;
  };
  let sandboxes: Sandboxes | undefined;
  const dns = new DnsService(() => sandboxes?.all() ?? [], options.log);
  const firewalld = new Firewalld(options.log, () => void firewall.repair().catch(() => {}));
  const parts: Parts = { options, store, networks, firewall, firewalld, publisher, dns, host, driverOf };
  sandboxes = new Sandboxes(parts);
  ensurePredefined(networks, options, pools, host);
  return new Controller(parts, pools, sandboxes);
}

function driversOf(host: NetlinkSocket, options: NetworkOptions): Record<string, NetworkDriver> {
  const foreignBridge = options.bridge && options.bridge !== "none" ? options.bridge : undefined;
  return {
    bridge: bridgeDriver(host, { userlandProxy: options.userlandProxy, foreignBridge }),
    macvlan: macvlanDriver(host),
    ipvlan: ipvlanDriver(host),
    host: plainDriver,
    null: plainDriver,
  };
}

class Controller implements NetworkController {
  readonly #parts: Parts;
  readonly #pools: SubnetPools;
  readonly #sandboxes: Sandboxes;

  constructor(parts: Parts, pools: SubnetPools, sandboxes: Sandboxes) {
    this.#parts = parts;
    this.#pools = pools;
    this.#sandboxes = sandboxes;
  }

  async setup(request: Parameters<NetworkController["setup"]>[0]): Promise<Sandbox> {
    return sandboxView(await this.#sandboxes.setup(request));
  }

  async teardown(containerID: string): Promise<EndpointReference[]> {
    return (await this.#sandboxes.teardown(containerID)).map((endpoint) => this.#reference(endpoint));
  }

  get(containerID: string): Sandbox | undefined {
    const record = this.#sandboxes.get(containerID);
    return record && sandboxView(record);
  }

  endpointsOf(containerID: string): EndpointReference[] {
    const endpoints = this.#sandboxes.get(containerID)?.endpoints ?? [];
    return endpoints.map((endpoint) => this.#reference(endpoint));
  }

  #reference({ networkID, networkName }: EndpointRecord): EndpointReference {
    return { networkID, networkName, driver: this.#parts.networks.get(networkID)?.driver ?? "" };
  }

  async connect(containerID: string, network: string, settings: RequestedEndpoint): Promise<Sandbox> {
    const found = this.#parts.networks.find(network);
    return sandboxView(await this.#sandboxes.connect(containerID, found, settings));
  }

  async disconnect(containerID: string, network: string): Promise<Sandbox> {
    const found = this.#parts.networks.find(network);
    return sandboxView(await this.#sandboxes.disconnect(containerID, found));
  }

  check(network: string, settings: RequestedEndpoint): void {
    checkSettings(this.#parts.networks.find(network), settings);
  }

  /** The doctor is loaded only where somebody asks for it. */
  async examine(containerID: string, portBindings: PortMap): Promise<Finding[]> {
    const { examine, examinePorts } = await import("./doctor/examine.ts");
    const record = this.#sandboxes.get(containerID);
    return record ? examine(this.#parts, record) : examinePorts(portBindings);
  }

  rename(containerID: string, name: string): void {
    const record = this.#sandboxes.get(containerID);
    if (!record) return;
    record.request.containerName = name;
    this.#parts.store.saveSandbox(record);
  }

  async adopt(running: Set<string>): Promise<void> {
    const { options, networks, firewall, firewalld, driverOf } = this.#parts;
    if (options.ipForward) this.#enableForwarding();
    for (const network of networks.all()) {
      try {
        this.#up(network);
      } catch (error) {
        if (network.predefined) throw error;
        options.log.warn("network cannot be brought up", { network: network.name, error: messageOf(error) });
      }
      firewall.noteNetwork(network.id, driverOf(network).rules(network));
    }
    const obsolete = await adoptSandboxes(this.#parts, this.#sandboxes, running);
    await firewall.start(obsolete);
    if (options.iptables) {
      for (const bridge of this.#bridges()) await firewalld.addBridge(bridge);
      await firewalld.open();
    }
    firewall.watch(options.log);
  }

  #up(network: NetworkRecord): void {
    this.#parts.driverOf(network).up(network);
    if (network.driver !== "bridge" || !network.ipv6 || !this.#parts.options.ipForward) return;
    for (const scope of ["default", "all"]) setSysctl(`net/ipv6/conf/${scope}/forwarding`, "1");
  }

  #bridges(): string[] {
    const { networks } = this.#parts;
    return networks.all().flatMap(({ driver, device }) => (driver === "bridge" && device ? [device] : []));
  }

  /** Whoever switches forwarding on must see to it that the host does not become a router for everybody. */
  #enableForwarding(): void {
    const path = "/proc/sys/net/ipv4/ip_forward";
    if (readFileSync(path, "utf8").trim() === "1") return;
    setSysctl("net/ipv4/ip_forward", "1");
    for (const family of [4, 6] as const) this.#parts.firewall.dropForwarded(family);
  }

  find(nameOrID: string) {
    return this.#view(this.#parts.networks.find(nameOrID));
  }

  list() {
    return this.#parts.networks.all().map((network) => this.#view(network));
  }

  #view(network: NetworkRecord) {
    return networkView(network, this.#sandboxes.all(), (id) => this.#parts.options.containerName(id));
  }

  /** As stock: options of the daemon's for networks of that driver, but for those of a configuration. */
  #withDefaults(request: NetworkCreate): NetworkCreate {
    const defaults = this.#parts.options.defaultNetworkOpts[request.Driver || "bridge"];
    if (!defaults || request.ConfigFrom?.Network) return request;
    return { ...request, Options: { ...defaults, ...request.Options } };
  }

  async create(request: NetworkCreate): Promise<{ id: string; warning: string }> {
    const { networks, firewall, firewalld, driverOf } = this.#parts;
    const network = planNetwork(networks, this.#pools, this.#withDefaults(request));
    const driver = driverOf(network);
    driver.check(network, networks.all());
    // Kept first: should the engine die now, it makes the device when it comes back.
    networks.add(network);
    try {
      this.#up(network);
      networks.save();
      await firewall.addNetwork(network.id, driver.rules(network));
      if (network.driver === "bridge") await firewalld.addBridge(network.device!);
    } catch (error) {
      await this.#discard(network);
      throw error;
    }
    return { id: network.id, warning: "" };
  }

  async #discard(network: NetworkRecord): Promise<void> {
    const { networks, firewall, firewalld, driverOf } = this.#parts;
    networks.hide(network.id);
    await firewall.removeNetwork(network.id);
    if (network.driver === "bridge") await firewalld.removeBridge(network.device!);
    driverOf(network).down(network);
    networks.remove(network.id);
  }

  async remove(nameOrID: string): Promise<void> {
    const network = this.#parts.networks.find(nameOrID);
    if (network.predefined) throw forbidden(`${network.name} is a pre-defined network and cannot be removed`);
    checkUnused(this.#parts.networks, network);
    for (const { endpoints } of this.#sandboxes.all()) {
      if (endpoints.some(({ networkID }) => networkID === network.id))
        throw forbidden(
          `error while removing network: network ${network.name} id ${network.id} has active endpoints`,
        );
    }
    await this.#discard(network);
  }

  async close(): Promise<void> {
    this.#parts.firewalld.close();
    this.#parts.dns.close();
    await this.#parts.firewall.close();
    this.#parts.host[Symbol.dispose]();
  }
}
