import type { SystemInfo } from "../../api/schema.ts";
import { maskProxy } from "../../images/registry/proxy.ts";
import { hasAppArmor } from "../../oci/apparmor/load.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import type { EngineConfig } from "../config/config.ts";
import { LOG_DRIVERS } from "../logs/drivers.ts";
import { type HostFacts, ipv4Forwarding, kernelSupport } from "./host.ts";

/** What `docker info` asks of the other parts of the engine. */
export interface InfoSources {
  config: EngineConfig;
  id: string;
  host: HostFacts;
  containerCounts(): { running: number; paused: number; stopped: number };
  imageCount(): number;
  driverName: string;
  /** Containers are in user namespaces. */
  remapped: boolean;
  driverStatus(): [string, string][];
  listeners(): number;
  containerdVersion(): Promise<{ version: string; revision: string }>;
  /** Mirrors and insecure registries, as Docker's RegistryConfig. */
  registryConfig(): SystemInfo["RegistryConfig"];
  /** Proxies that requests to registries go through, of the configuration or the environment. */
  proxies(): { http?: string; https?: string; no?: string };
  runtimes(): Record<string, { path: string }>;
}

/** GET /info */
export async function systemInfo(sources: InfoSources): Promise<SystemInfo> {
  const { config, host } = sources;
  const proxies = sources.proxies();
  const counts = sources.containerCounts();
  const containerd = await sources
    .containerdVersion()
    .catch(() => ({ version: "", revision: "unreachable" }));
  return {
    ID: sources.id,
    Containers: counts.running + counts.paused + counts.stopped,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.stopped,
    Images: sources.imageCount(),
    Driver: sources.driverName,
    DriverStatus: sources.driverStatus(),
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "ipvlan", "macvlan", "null"],
      Authorization: (config.authorizationPlugins.length > 0
        ? config.authorizationPlugins
        : null) as string[],
      Log: [...LOG_DRIVERS],
    },
    ...kernelSupport(),
    IPv4Forwarding: ipv4Forwarding(),
    Debug: config.logLevel === "debug",
    NFd: openFiles(),
    NGoroutines: 1,
    SystemTime: new Date().toISOString(),
    LoggingDriver: config.logDriver,
    CgroupDriver: "cgroupfs",
    CgroupVersion: host.cgroupVersion,
    NEventsListener: sources.listeners(),
    KernelVersion: host.kernelVersion,
    OperatingSystem: host.operatingSystem,
    OSVersion: host.osVersion,
    OSType: "linux",
    Architecture: host.machine,
    NCPU: host.cpus,
    MemTotal: host.memory,
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: sources.registryConfig(),
    GenericResources: null as unknown as [],
    DockerRootDir: config.dataRoot,
    HttpProxy: maskProxy(proxies.http ?? ""),
    HttpsProxy: maskProxy(proxies.https ?? ""),
    NoProxy: proxies.no ?? "",
    Name: host.name,
    Labels: config.labels,
    ExperimentalBuild: config.experimental,
    ServerVersion: VERSION,
    Runtimes: sources.runtimes(),
    DefaultRuntime: config.defaultRuntime,
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: config.liveRestore,
    Isolation: "" as "default",
    InitBinary: "docker-init",
    ContainerdCommit: { ID: containerd.revision || containerd.version },
    RuncCommit: { ID: GIT_COMMIT },
    InitCommit: { ID: GIT_COMMIT },
    SecurityOptions: securityOptions(config, sources.remapped),
    ProductLicense: "",
    Warnings: [...warnings(), ...driverWarnings(sources.driverName, sources.driverStatus())],
  };
}

function securityOptions({ seccompProfile }: EngineConfig, remapped: boolean): string[] {
  return [
    ...(hasAppArmor() ? ["name=apparmor"] : []),
    `name=seccomp,profile=${seccompProfile ?? "builtin"}`,
    ...(remapped ? ["name=userns"] : []),
  ];
}

function openFiles(): number {
  return [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
}

/** As stock: files on loop devices are slow, and grow. */
function driverWarnings(driver: string, status: [string, string][]): string[] {
  if (!status.some(([name]) => name === "Data loop file")) return [];
  return [
    `WARNING: ${driver}: usage of loopback devices is strongly discouraged for production use.\n         Use \`--storage-opt dm.thinpooldev\` to specify a custom block storage device.`,
  ];
}

function warnings(): string[] {
  const support = kernelSupport();
  const texts: [string, string][] = [
    ["MemoryLimit", "No memory limit support"],
    ["SwapLimit", "No swap limit support"],
    ["CPUSet", "No cpuset support"],
    ["PidsLimit", "No pids limit support"],
    ["BridgeNfIptables", "bridge-nf-call-iptables is disabled"],
    ["BridgeNfIp6tables", "bridge-nf-call-ip6tables is disabled"],
  ];
  const found = texts.filter(([key]) => !support[key]).map(([, text]) => `WARNING: ${text}`);
  return ipv4Forwarding() ? found : [...found, "WARNING: IPv4 forwarding is disabled"];
}
