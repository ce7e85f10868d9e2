/** The object graph of dockerd, put together by hand. */
import { join } from "node:path";
import { type ImageRoot, openImages } from "../images/open.ts";
import { takeProxySettings } from "../images/registry/proxy.ts";
import type { IDMap } from "../linux/id-map.ts";
import type { Logger } from "../log/log.ts";
import { openNetworkController } from "../network/controller.ts";
import type { NetworkController } from "../network/types.ts";
import type { StorageDriver } from "../storage/driver.ts";
import type { EngineConfig } from "./config/config.ts";
import type { RuntimeChoice } from "./containerd/client.ts";
import { GrpcContainerd } from "./containerd/grpc.ts";
import { Containers } from "./containers/manager.ts";
import { EventBus } from "./events/bus.ts";
import { EventJournal } from "./events/journal.ts";
import { createRegistryServices, type RegistryServices } from "./images/registry-services.ts";
import { Plugins } from "./plugins/managed/manager.ts";
import { PluginStore } from "./plugins/managed/store.ts";
import { findProgram } from "./startup/checks.ts";
import { engineID } from "./system/identity.ts";
import { PluginVolumes } from "./volumes/plugin-store.ts";
import { LocalVolumes } from "./volumes/store.ts";
import { Volumes } from "./volumes/volumes.ts";

/** What a daemon is opened with. */
export interface DaemonOptions {
  config: EngineConfig;
  log: Logger;
  containerdSocket: string;
  /** Seconds that containerd gets to answer. */
  patience: number;
  /** --userns-remap; the data root is the one of this mapping. */
  ids: IDMap | undefined;
  /** The storage, if it is open already; else it is opened once containerd answers. */
  driver?: StorageDriver | undefined;
}

/** The parts of a daemon; each is made once. */
export interface Parts extends DaemonOptions {
  containerd: GrpcContainerd;
  driver: StorageDriver;
  events: EventBus;
  images: ImageRoot;
  network: NetworkController;
  volumes: Volumes;
  containers: Containers;
  registry: RegistryServices;
  runtimes: Record<string, RuntimeChoice>;
  plugins: Plugins;
  pluginContainerd: GrpcContainerd;
}

/** Opens all parts, in the order in which they need each other. Errors: whatever stands in the way. */
export async function openParts(
  options: DaemonOptions,
  containerd: GrpcContainerd,
  driver: StorageDriver,
): Promise<Parts> {
  const { config, log } = options;
  const events = new EventBus(new EventJournal(join(config.dataRoot, "events", "journal.jsonl"), log));
  const images = await openImages(config.dataRoot, driver, log);
  const volumesRoot = join(config.dataRoot, "volumes");
  const runtimes = runtimesOf(config);
  const registry = createRegistryServices({
    config: () => config,
    images,
    distribution: images.distribution,
    proxies: takeProxySettings(process.env),
  });
  const { plugins, pluginContainerd } = openPlugins(options, events, registry);
  const pluginVolumes = new PluginVolumes(join(volumesRoot, "plugins.json"), events, plugins);
  plugins.countUsersBy((name) => pluginVolumes.countOf(name));
  const volumes = new Volumes(new LocalVolumes(volumesRoot, events, log, driver.ids), pluginVolumes);
  const named: { name(id: string): string } = { name: (id) => id };
  const network = await openNetwork(config, log, (id) => named.name(id));
  const containers = new Containers({
    config,
    images,
    network,
    volumes,
    events,
    containerd,
    log,
    runtimes,
    initPath: config.initPath ?? findProgram("docker-init") ?? "",
  });
  named.name = (id) => containers.all().find((container) => container.id === id)?.facts.name ?? id;
  const opened = { containerd, driver, events, images, network, volumes, containers, registry, runtimes };
  return { ...options, ...opened, plugins, pluginContainerd };
}

/** Managed plugins are containers of containerd's in a namespace of their own. */
function openPlugins(
  { config, log, containerdSocket }: DaemonOptions,
  events: EventBus,
  registry: RegistryServices,
): Pick<Parts, "plugins" | "pluginContainerd"> {
  const pluginContainerd = new GrpcContainerd(containerdSocket, config.containerdPluginsNamespace);
  const plugins = new Plugins({
    store: new PluginStore(config.dataRoot, log),
    containerd: pluginContainerd,
    runtime: runtimesOf(config)["runc"]!,
    sockets: join(config.execRoot, "plugins"),
    registry: registry.client,
    events,
    log,
  });
  return { plugins, pluginContainerd };
}

function openNetwork(
  config: EngineConfig,
  log: Logger,
  containerName: (id: string) => string,
): Promise<NetworkController> {
  return openNetworkController({
    root: join(config.dataRoot, "network"),
    execRoot: config.execRoot,
    bridge: config.bridge,
    bip: config.bip,
    fixedCIDR: config.fixedCIDR,
    fixedCIDRv6: config.fixedCIDRv6,
    defaultGateway: config.defaultGateway,
    defaultGatewayV6: config.defaultGatewayV6,
    iptables: config.iptables,
    ip6tables: config.ip6tables,
    ipv6: config.ipv6,
    ipMasq: config.ipMasq,
    ipForward: config.ipForward,
    icc: config.icc,
    userlandProxy: config.userlandProxy,
    userlandProxyPath: config.userlandProxyPath,
    mtu: config.mtu,
    engineID: engineID(config.dataRoot),
    hostGatewayIPs: config.hostGatewayIPs,
    defaultNetworkOpts: config.defaultNetworkOpts,
    defaultAddressPools: config.defaultAddressPools,
    defaultIP: config.defaultIP,
    dns: config.dns,
    dnsSearch: config.dnsSearch,
    dnsOptions: config.dnsOpts,
    containerName,
    log,
  });
}

/** "runc" leaves the choice of the binary to containerd, whose --runtime says which it is. */
export function runtimesOf(config: EngineConfig): Record<string, RuntimeChoice> {
  const choice = (binary: string): RuntimeChoice => ({
    shim: "io.containerd.runc.v2",
    binary,
    root: "",
    systemdCgroup: config.execOpts.includes("native.cgroupdriver=systemd"),
  });
  const named = Object.entries(config.runtimes).map(([name, { path }]) => [name, choice(path)]);
  return { runc: choice(""), "io.containerd.runc.v2": choice(""), ...Object.fromEntries(named) };
}

/** The programs of runtimes, as they are shown. */
export const pathsOf = (runtimes: Record<string, RuntimeChoice>): Record<string, string> =>
  Object.fromEntries(Object.entries(runtimes).map(([name, { binary }]) => [name, binary || "docker-runc"]));
