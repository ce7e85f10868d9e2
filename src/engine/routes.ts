/** Which part serves which routes. */

import type { SystemInfo } from "../api/schema.ts";
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
import { listContainers } from "./containers/inspect/list.ts";
import { pauseContainer, unpauseContainer } from "./containers/lifecycle/pause.ts";
import type { Route } from "./http/route.ts";
import { Archives } from "./images/archives.ts";
import { commitContainer } from "./images/commit.ts";
import type { RegistryServices } from "./images/registry-services.ts";
import { ImageService } from "./images/service.ts";
import { type Parts, pathsOf } from "./parts.ts";
import { bytesBelow } from "./system/bytes-below.ts";
import { diskUsage } from "./system/disk-usage.ts";
import { hostFacts } from "./system/host.ts";
import { engineID } from "./system/identity.ts";
import { systemInfo } from "./system/info.ts";
import { systemVersion } from "./system/version.ts";

/** All routes of the API. */
export function routesOf(parts: Parts): Route[] {
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
