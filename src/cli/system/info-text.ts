import type { SystemInfo } from "../../api/schema.ts";
import type { CliPlugin } from "../cli_plugins/find.ts";
import { binarySize } from "../format/size.ts";
import type { Field } from "../template/struct.ts";

export interface TextOptions {
  /** The client prints what it does. */
  debug: boolean;
  /** Who is logged in to Docker Hub; empty for nobody. */
  userName: string;
}

/** The lines of `docker info` about the client. */
export function clientLines(client: Record<string, Field>): string[] {
  return [
    ` Version:    ${client["Version"]!.value}`,
    ` Context:    ${client["Context"]!.value}`,
    ` Debug Mode: ${client["Debug"]!.value}`,
  ];
}

/** The lines about the client's plugins that are of use. */
export function cliPluginLines(plugins: CliPlugin[]): string[] {
  const good = plugins.filter(({ problem }) => problem === undefined);
  if (good.length === 0) return [];
  return [
    " Plugins:",
    ...good.flatMap(({ name, path, Vendor, Version, ShortDescription = "" }) => [
      `  ${name}: ${ShortDescription} (${Vendor})`,
      ...some("    Version: ", Version),
      `    Path:     ${path}`,
    ]),
  ];
}

/** The lines of `docker info` about the engine. */
export function serverLines(info: SystemInfo, options: TextOptions): string[] {
  return [
    ...countLines(info),
    ...driverLines(info),
    ...pluginLines(info),
    ...swarmLines(info),
    ...runtimeLines(info),
    ...machineLines(info),
    ...daemonLines(info, options),
    ...registryLines(info),
  ];
}

/** A line, unless there is nothing to say. */
const some = (label: string, value: string | undefined): string[] => (value ? [`${label} ${value}`] : []);

function countLines(info: SystemInfo): string[] {
  return [
    ` Containers: ${info.Containers ?? 0}`,
    `  Running: ${info.ContainersRunning ?? 0}`,
    `  Paused: ${info.ContainersPaused ?? 0}`,
    `  Stopped: ${info.ContainersStopped ?? 0}`,
    ` Images: ${info.Images ?? 0}`,
    ...some(" Server Version:", info.ServerVersion),
  ];
}

function driverLines(info: SystemInfo): string[] {
  return [
    ...some(" Storage Driver:", info.Driver),
    ...(info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}`),
    ...some(" Logging Driver:", info.LoggingDriver),
    ...some(" Cgroup Driver:", info.CgroupDriver),
    ...some(" Cgroup Version:", info.CgroupVersion),
  ];
}

function pluginLines({ Plugins: plugins, CDISpecDirs: folders }: SystemInfo): string[] {
  const names = (list: string[] | null | undefined) => (list ?? []).join(" ");
  return [
    " Plugins:",
    `  Volume: ${names(plugins?.Volume)}`,
    `  Network: ${names(plugins?.Network)}`,
    ...some("  Authorization:", names(plugins?.Authorization)),
    `  Log: ${names(plugins?.Log)}`,
    ...(folders?.length ? [" CDI spec directories:", ...folders.map((folder) => `  ${folder}`)] : []),
  ];
}

function swarmLines({ Swarm: swarm }: SystemInfo): string[] {
  const state = swarm?.LocalNodeState ?? "";
  const head = ` Swarm: ${state}`;
  if (!swarm || state === "inactive" || state === "locked") return [head];
  return [
    head,
    `  NodeID: ${swarm.NodeID ?? ""}`,
    ...some("  Error:", swarm.Error),
    `  Is Manager: ${swarm.ControlAvailable ?? false}`,
    `  Node Address: ${swarm.NodeAddr ?? ""}`,
  ];
}

function runtimeLines(info: SystemInfo): string[] {
  const names = Object.keys(info.Runtimes ?? {}).sort();
  const lines = names.length
    ? [` Runtimes: ${names.join(" ")}`, ` Default Runtime: ${info.DefaultRuntime ?? ""}`]
    : [];
  if (info.OSType !== "linux") return lines;
  return [
    ...lines,
    ` Init Binary: ${info.InitBinary ?? ""}`,
    ` containerd version: ${info.ContainerdCommit?.ID ?? ""}`,
    ` runc version: ${info.RuncCommit?.ID ?? ""}`,
    ` init version: ${info.InitCommit?.ID ?? ""}`,
    ...(info.SecurityOptions?.length
      ? [" Security Options:", ...info.SecurityOptions.flatMap(securityLines)]
      : []),
  ];
}

/** "name=seccomp,profile=builtin" as two lines. */
function securityLines(option: string): string[] {
  const pairs = option.split(",").map((pair) => pair.split("=", 2) as [string, string | undefined]);
  const name = pairs.find(([key]) => key === "name")?.[1] ?? option;
  return [
    `  ${name}`,
    ...pairs.filter(([key]) => key === "profile").map(([, value]) => `   Profile: ${value ?? ""}`),
  ];
}

function machineLines(info: SystemInfo): string[] {
  return [
    ...some(" Kernel Version:", info.KernelVersion),
    ...some(" Operating System:", info.OperatingSystem),
    ...some(" OSType:", info.OSType),
    ...some(" Architecture:", info.Architecture),
    ` CPUs: ${info.NCPU ?? 0}`,
    ` Total Memory: ${binarySize(info.MemTotal ?? 0)}`,
    ...some(" Name:", info.Name),
    ...some(" ID:", info.ID),
  ];
}

function daemonLines(info: SystemInfo, { debug, userName }: TextOptions): string[] {
  const insides = [
    `  File Descriptors: ${info.NFd ?? 0}`,
    `  Goroutines: ${info.NGoroutines ?? 0}`,
    `  System Time: ${info.SystemTime ?? ""}`,
    `  EventsListeners: ${info.NEventsListener ?? 0}`,
  ];
  return [
    ` Docker Root Dir: ${info.DockerRootDir ?? ""}`,
    ` Debug Mode: ${info.Debug ?? false}`,
    ...(info.Debug || debug ? insides : []),
    ...some(" HTTP Proxy:", info.HttpProxy),
    ...some(" HTTPS Proxy:", info.HttpsProxy),
    ...some(" No Proxy:", info.NoProxy),
    ...some(" Username:", userName),
    ...(info.Labels?.length ? [" Labels:", ...info.Labels.map((label) => `  ${label}`)] : []),
    ` Experimental: ${info.ExperimentalBuild ?? false}`,
  ];
}

function registryLines(info: SystemInfo): string[] {
  const registry = info.RegistryConfig;
  const indexes = Object.values(registry?.IndexConfigs ?? {}).flatMap((index) => (index ? [index] : []));
  const cidrs = registry?.InsecureRegistryCIDRs ?? [];
  const insecure = [...indexes.filter(({ Secure }) => !Secure).map(({ Name }) => Name ?? ""), ...cidrs];
  const mirrors = registry?.Mirrors ?? [];
  const pools = info.DefaultAddressPools ?? [];
  return [
    ...(cidrs.length + indexes.length > 0
      ? [" Insecure Registries:", ...insecure.map((name) => `  ${name}`)]
      : []),
    ...(mirrors.length > 0 ? [" Registry Mirrors:", ...mirrors.map((mirror) => `  ${mirror}`)] : []),
    ` Live Restore Enabled: ${info.LiveRestoreEnabled ?? false}`,
    ...some(" Product License:", info.ProductLicense),
    ...(pools.length > 0
      ? [" Default Address Pools:", ...pools.map(({ Base, Size }) => `   Base: ${Base}, Size: ${Size}`)]
      : []),
  ];
}
