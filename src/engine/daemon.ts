/** A running dockerd: how it opens, takes over from one before it, reloads its configuration, and ends. */
import { messageOf } from "../errors/errors.ts";
import { removePartials } from "../files/atomic.ts";
import type { Logger } from "../log/log.ts";
import { ensureDefaultProfile, hasAppArmor } from "../oci/apparmor/load.ts";
import type { StorageDriver } from "../storage/driver.ts";
import { openDriver } from "../storage/open.ts";
import type { EngineConfig } from "./config/config.ts";
import { applyReload, reloadAttributes, reloaded } from "./config/reload.ts";
import { validateConfig } from "./config/validate.ts";
import { GrpcContainerd } from "./containerd/grpc.ts";
import { imageLayerNames } from "./containers/image-mounts.ts";
import type { Guard } from "./http/guard.ts";
import type { Route } from "./http/route.ts";
import { type DaemonOptions, openParts, type Parts, pathsOf, runtimesOf } from "./parts.ts";
import { Authorization } from "./plugins/authorization.ts";
import { routesOf } from "./routes.ts";
import { waitForContainerd } from "./startup/health.ts";
import { hostFacts } from "./system/host.ts";
import { engineID } from "./system/identity.ts";
import { Metrics, serveMetrics } from "./system/metrics.ts";

/** What the server needs of a running daemon. */
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

/** Opens the data root's storage. Errors: whatever makes it a root that this daemon cannot use. */
export function openStorage({ config, ids }: Pick<DaemonOptions, "config" | "ids">): Promise<StorageDriver> {
  return openDriver({
    root: config.dataRoot,
    name: config.storageDriver,
    options: config.storageOpts,
    ids,
  });
}

/** Opens all parts and takes over what a daemon before this one left running. Errors: whatever stands in the way. */
export async function openDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, log, containerdSocket } = options;
  loadProfile(log);
  const containerd = new GrpcContainerd(containerdSocket, config.containerdNamespace);
  try {
    await waitForContainerd(() => containerd.version(), containerdSocket, options.patience, log);
    const parts = await openParts(options, containerd, options.driver ?? (await openStorage(options)));
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
