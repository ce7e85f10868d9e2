/** The object graph of dockerd, put together by hand. */
import { join } from "node:path";
import type { SystemInfo } from "../api/schema.ts";
import { messageOf } from "../errors/errors.ts";
import { removePartials } from "../files/atomic.ts";
import { refuseUnfinishedMigration } from "../images/migrate/progress.ts";
import { type ImageRoot, openImages } from "../images/open.ts";
import { takeProxySettings } from "../images/registry/proxy.ts";
import type { IDMap } from "../linux/id-map.ts";
import type { Logger } from "../log/log.ts";
import { openNetworkController } from "../network/controller.ts";
import type { NetworkController } from "../network/types.ts";
import { ensureDefaultProfile, hasAppArmor } from "../oci/apparmor/load.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { openDriver } from "../storage/open.ts";
import { buildRoutes } from "./api/build/routes.ts";
import { containerRoutes } from "./api/containers/routes.ts";
import { execRoutes } from "./api/exec/routes.ts";
import { imageRoutes } from "./api/images/routes.ts";
import { networkRoutes } from "./api/networks/routes.ts";
import { pluginRoutes } from "./api/plugins/routes.ts";
import { swarmRoutes } from "./api/swarm/routes.ts";
import { systemRoutes } from "./api/system/routes.ts";
import { volumeRoutes } from "./api/volumes/routes.ts";
import { cacheRecords } from "./build/cache-records.ts";
import { Builder } from "./build/service.ts";
import type { EngineConfig } from "./config/config.ts";
import { applyReload, reloadAttributes, reloaded } from "./config/reload.ts";
import { validateConfig } from "./config/validate.ts";
import type { RuntimeChoice } from "./containerd/client.ts";
import { GrpcContainerd } from "./containerd/grpc.ts";
import { imageLayerNames } from "./containers/image-mounts.ts";
import { listContainers } from "./containers/inspect/list.ts";
import { pauseContainer, unpauseContainer } from "./containers/lifecycle/pause.ts";
import { Containers } from "./containers/manager.ts";
import { EventBus } from "./events/bus.ts";
import { EventJournal } from "./events/journal.ts";
import type { Guard } from "./http/guard.ts";
import type { Route } from "./http/route.ts";
import { Archives } from "./images/archives.ts";
import { commitContainer } from "./images/commit.ts";
import { createRegistryServices, type RegistryServices } from "./images/registry-services.ts";
import { ImageService } from "./images/service.ts";
import { Authorization } from "./plugins/authorization.ts";
import { Plugins } from "./plugins/managed/manager.ts";
import { PluginStore } from "./plugins/managed/store.ts";
import { findProgram } from "./startup/checks.ts";
import { waitForContainerd } from "./startup/health.ts";
import { bytesBelow } from "./system/bytes-below.ts";
import { diskUsage } from "./system/disk-usage.ts";
import { hostFacts } from "./system/host.ts";
import { engineID } from "./system/identity.ts";
import { systemInfo } from "./system/info.ts";
import { Metrics, serveMetrics } from "./system/metrics.ts";
import { systemVersion } from "./system/version.ts";
import { PluginVolumes } from "./volumes/plugin-store.ts";
import { LocalVolumes } from "./volumes/store.ts";
import { Volumes } from "./volumes/volumes.ts";

export interface DaemonOptions {
  config: EngineConfig;
  log: Logger;
  containerdSocket: string;
  /** Seconds that containerd gets to answer. */
  patience: number;
  /** --userns-remap; the data root is the one of this mapping. */
  ids: IDMap | undefined;
}

export interface Daemon {
  routes: Route[];
  /** Whether experimental features are on. */
  experimental: boolean;
  driverName: string;
  /** Starts what restart policies ask for; once the API is served. */
  startPolicies(): Promise<void>;
  /** Asks the authorization plugins. */
  guard: Guard;
  /** Told of each request that a route has dealt with. */
  handled(route: Route, seconds: number): void;
  /** Serves /metrics at "host:port"; returns the function that stops it. */
  serveMetrics(address: string): Promise<() => void>;
  /** SIGHUP: takes over what may change in a running daemon. */
  reload(next: EngineConfig): void;
  /** Stops the containers, unless they shall live on, and lets go of everything. */
  shutdown(): Promise<void>;
}

/** Opens all parts and takes over what a daemon before this one left running. Errors: whatever stands in the way. */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, log, containerdSocket } = options;
  refuseUnfinishedMigration(config.dataRoot);
  loadProfile(log);
  const containerd = new GrpcContainerd(containerdSocket, config.containerdNamespace);
  try {
    await waitForContainerd(() => containerd.version(), containerdSocket, options.patience, log);
    const driver = await openDriver({
      root: config.dataRoot,
      name: config.storageDriver,
      options: config.storageOpts,
      ids: options.ids,
    });
    const parts = await openParts(options, containerd, driver);
    await takeOver(parts);
    return daemonOf(parts);
  } catch (error) {
    containerd.close();
    throw error;
  }
}

/** Without the profile containers that shall have it fail to start; everything else works. */
function loadProfile(log: Logger): void {
  if (!hasAppArmor()) return;
  try {
    ensureDefaultProfile();
  } catch (error) {
    log.error(messageOf(error));
  }
}

interface Parts extends DaemonOptions {
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

async function openParts(
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
function runtimesOf(config: EngineConfig): Record<string, RuntimeChoice> {
  const choice = (binary: string): RuntimeChoice => ({
    shim: "io.containerd.runc.v2",
    binary,
    root: "",
    systemdCgroup: config.execOpts.includes("native.cgroupdriver=systemd"),
  });
  const named = Object.entries(config.runtimes).map(([name, { path }]) => [name, choice(path)]);
  return { runc: choice(""), "io.containerd.runc.v2": choice(""), ...Object.fromEntries(named) };
}

const pathsOf = (runtimes: Record<string, RuntimeChoice>): Record<string, string> =>
  Object.fromEntries(Object.entries(runtimes).map(([name, { binary }]) => [name, binary || "docker-runc"]));

/** How long the end waits for layers that are being removed, milliseconds. */
const REMOVAL_MS = 3000;

/** Where a daemon that was killed may have left a file unfinished. */
const PARTIALS = [
  "*",
  "containers/*/*",
  "events/*",
  "image/*/*",
  "image/*/imagedb/**/*",
  "image/*/distribution/**/*",
  "network/files/*",
  "volumes/*",
  "volumes/*/opts.json",
];

/** Containers first, because they say which sandboxes, layers and volumes are in use. */
async function takeOver({
  config,
  containers,
  network,
  images,
  log,
  registry,
  plugins,
}: Parts): Promise<void> {
  await plugins.restore();
  containers.load();
  await network.adopt(await containers.adoptableIDs());
  await containers.restore();
  await images.layers.keepOnly(
    new Set(containers.all().flatMap((container) => [container.id, ...imageLayerNames(container)])),
    log,
  );
  await registry.sweep();
  await removePartials(config.dataRoot, PARTIALS);
  await removePartials(config.execRoot, ["*", "libnetwork/*/*"]);
}

function daemonOf(parts: Parts): Daemon {
  const { containers, network, driver, images, containerd, events } = parts;
  const metrics = new Metrics(hostFacts(), () => containers.counts(), events);
  return {
    routes: routesOf(parts),
    experimental: parts.config.experimental,
    driverName: driver.name,
    startPolicies: () => containers.startPolicies(),
    guard: new Authorization(
      () => parts.config.authorizationPlugins,
      (name) => parts.plugins.find(name),
    ),
    handled: (route, seconds) => metrics.handled(route, seconds),
    serveMetrics: (address) => serveMetrics(address, metrics),
    reload: (next) => reload(parts, next),
    async shutdown() {
      await containers.close();
      if (!parts.config.liveRestore) await parts.plugins.close();
      parts.pluginContainerd.close();
      await network.close();
      // What is not gone by then goes at the next start.
      await Promise.race([images.layers.settled(), Bun.sleep(REMOVAL_MS)]);
      // What still runs has its root file system from the driver.
      if (containers.runningIDs().size === 0) await driver.cleanup();
      containerd.close();
    },
  };
}

function reload(parts: Parts, next: EngineConfig): void {
  const { config, log, events, runtimes } = parts;
  // What is not in the file stays: whether all fits together can only be told now.
  validateConfig(reloaded(config, next));
  const changed = applyReload(config, next);
  log.level = config.logLevel;
  for (const name of Object.keys(runtimes)) delete runtimes[name];
  Object.assign(runtimes, runtimesOf(config));
  const { name } = hostFacts();
  events.publish("daemon", "reload", engineID(config.dataRoot), {
    name,
    ...reloadAttributes(config, pathsOf(runtimes)),
  });
  log.info("configuration reloaded", { changed: changed.join(", ") || "nothing" });
}

function routesOf(parts: Parts): Route[] {
  const { events, volumes, containers, network } = parts;
  const service = imageService(parts);
  const builder = builderOf(parts, service);
  const system = systemBackend(parts, service, builder);
  return [
    ...systemRoutes(system),
    ...containerRoutes(containers),
    ...execRoutes(containers),
    ...imageRoutes(service),
    ...buildRoutes(builder, (filters) => service.prune(filters)),
    ...networkRoutes({ network, events, containers }),
    ...pluginRoutes(parts.plugins),
    ...swarmRoutes(),
    ...volumeRoutes({ volumes, events, sizeOf: bytesBelow }),
  ];
}

function builderOf(
  { config, images, containers, events, log, registry }: Parts,
  service: ImageService,
): Builder {
  return new Builder({
    dataRoot: config.dataRoot,
    images,
    containers,
    events,
    log,
    gc: config.builderGC,
    pull: (options) => service.pull(options),
    async fetch(url, signal) {
      const answer = await registry.transport.send({ method: "GET", url: new URL(url), signal });
      const { status, statusText, headers } = answer;
      return new Response(answer.body, { status, statusText, headers });
    },
  });
}

function imageService({ images, events, containers, registry }: Parts): ImageService {
  const deps = {
    images,
    events,
    ...registry,
    containers: () =>
      containers.all().map(({ id, facts, state }) => ({
        id,
        name: facts.name,
        running: state.isRunning,
        imageID: facts.image,
        imageName: facts.config.Image ?? "",
      })),
  };
  return new ImageService(deps, new Archives(images, events), (options) => {
    const container = containers.find(options.container);
    const { id, facts, state } = container;
    const pause = async () => {
      if (state.status !== "running") return undefined;
      await pauseContainer(containers.env, container);
      return () => unpauseContainer(containers.env, container);
    };
    const { name, image: imageID, config } = facts;
    return commitContainer(
      images,
      events,
      { id, name, imageID, imageName: config.Image ?? "", config, pause },
      options,
    );
  });
}

function systemBackend(parts: Parts, service: ImageService, builder: Builder) {
  const { config, events, containers, containerd, images, volumes, driver, registry, runtimes } = parts;
  const id = engineID(config.dataRoot);
  const host = hostFacts();
  const containerdVersion = () => containerd.version();
  const listImages = () =>
    service.list({ all: false, filters: new Map(), sharedSize: true, containerCount: true });
  const all = () => listContainers(containers.env, { all: true, limit: 0, size: true, filters: new Map() });
  return {
    events,
    builderVersion: () => (config.features["buildkit"] ? ("2" as const) : ("1" as const)),
    info: () =>
      systemInfo({
        config,
        id,
        host,
        containerCounts: () => containers.counts(),
        imageCount: () => images.images.list().length,
        driverName: driver.name,
        remapped: driver.ids !== undefined,
        // Of what stock's client prints as it comes, this is nearest.
        driverStatus: () => [...driver.status(), ...registry.mirrorStatus()],
        listeners: () => events.listeners,
        containerdVersion,
        proxies: () => registry.proxies(),
        registryConfig: () => registryConfig(config, registry),
        runtimes: () =>
          Object.fromEntries(Object.entries(pathsOf(runtimes)).map(([name, path]) => [name, { path }])),
      }),
    version: async () =>
      systemVersion(
        host,
        await containerdVersion().catch(() => ({ version: "unreachable", revision: "" })),
        config.experimental,
      ),
    diskUsage: (kinds: Parameters<typeof diskUsage>[1]) =>
      diskUsage(
        {
          images,
          volumes,
          listImages,
          listContainers: all,
          buildCache: () => cacheRecords(builder.env.cacheMounts),
        },
        kinds,
      ),
  };
}

function registryConfig(config: EngineConfig, registry: RegistryServices): SystemInfo["RegistryConfig"] {
  registry.registrySettings();
  const cidr = config.insecureRegistries.filter((entry) => entry.includes("/"));
  const hub = { Name: "docker.io", Mirrors: config.registryMirrors, Secure: true, Official: true };
  const insecure = config.insecureRegistries
    .filter((entry) => !entry.includes("/"))
    .map((name) => [
      name,
      { Name: name, Mirrors: config.registryMirrorsByHost[name] ?? [], Secure: false, Official: false },
    ]);
  const mirrored = Object.entries(config.registryMirrorsByHost).map(([name, Mirrors]) => [
    name,
    { Name: name, Mirrors, Secure: true, Official: false },
  ]);
  return {
    InsecureRegistryCIDRs: [...new Set([...cidr, "127.0.0.0/8"])],
    IndexConfigs: { "docker.io": hub, ...Object.fromEntries(mirrored), ...Object.fromEntries(insecure) },
    Mirrors: config.registryMirrors,
  } as SystemInfo["RegistryConfig"];
}
