import type { HostConfig, PortMap } from "../../../api/schema.ts";
import { effectiveCapabilities } from "./capabilities.ts";
import { toMap } from "./env.ts";
import { parseMount } from "./mounts.ts";
import { parseResources } from "./resources.ts";
import { parseRestartPolicy } from "./restart.ts";
import { parseSecurity } from "./security.ts";
import type { ContainerOptions } from "./values.ts";

/** What other options have found out that belongs into the HostConfig as well. */
export interface HostParts {
  binds: string[];
  portBindings: PortMap;
  networkMode: string;
}

/** The part of a container that depends on the host. Errors: in the words of the docker client. */
export function hostConfigOf(
  flags: ContainerOptions,
  given: ReadonlySet<string>,
  parts: HostParts,
): HostConfig {
  const resources = parseResources(flags);
  checkModes(flags);
  const restart = parseRestartPolicy(flags.restart ?? "no");
  if (flags.rm && restart.Name !== "no" && restart.Name !== "")
    throw new Error("conflicting options: cannot specify both --restart and --rm");
  return {
    ...resources,
    ...parseSecurity(flags["security-opt"]),
    ...namespaces(flags),
    ...names(flags),
    ...storage(flags, parts.binds),
    LogConfig: logConfig(flags),
    ContainerIDFile: flags.cidfile ?? "",
    NetworkMode: parts.networkMode,
    PortBindings: parts.portBindings,
    PublishAllPorts: flags["publish-all"],
    RestartPolicy: restart,
    AutoRemove: flags.rm,
    Privileged: flags.privileged,
    ...effectiveCapabilities(flags["cap-add"], flags["cap-drop"]),
    GroupAdd: flags["group-add"],
    OomScoreAdj: flags["oom-score-adj"] ?? 0,
    Isolation: (flags.isolation ?? "") as NonNullable<HostConfig["Isolation"]>,
    Sysctls: toMap(flags.sysctl),
    Runtime: flags.runtime ?? "",
    Annotations: toMap(flags.annotation),
    ...(given.has("init") ? { Init: flags.init } : {}),
  };
}

const isContainer = (mode: string) => /^container:./.test(mode);

function checkModes(flags: ContainerOptions): void {
  const { pid = "", uts = "", userns = "", cgroupns = "" } = flags;
  if (!["", "host"].includes(pid) && !isContainer(pid)) throw new Error("--pid: invalid PID mode");
  if (!["", "host"].includes(uts)) throw new Error("--uts: invalid UTS mode");
  if (!["", "host"].includes(userns)) throw new Error("--userns: invalid USER mode");
  if (!["", "host", "private"].includes(cgroupns)) throw new Error("--cgroupns: invalid CGROUP mode");
}

function namespaces(flags: ContainerOptions): HostConfig {
  return {
    IpcMode: flags.ipc ?? "",
    PidMode: flags.pid ?? "",
    UTSMode: flags.uts ?? "",
    UsernsMode: flags.userns ?? "",
    ...(flags.cgroupns ? { CgroupnsMode: flags.cgroupns as "host" | "private" } : {}),
  };
}

function names(flags: ContainerOptions): HostConfig {
  return {
    Links: flags.link,
    Dns: flags.dns,
    DnsSearch: flags["dns-search"],
    DnsOptions: [...flags["dns-opt"], ...flags["dns-option"]],
    ExtraHosts: flags["add-host"],
  };
}

function storage(flags: ContainerOptions, Binds: string[]): HostConfig {
  return {
    Binds,
    Mounts: flags.mount.map(parseMount),
    VolumesFrom: flags["volumes-from"],
    VolumeDriver: flags["volume-driver"] ?? "",
    Tmpfs: Object.fromEntries(flags.tmpfs.map(splitTmpfs)),
    ShmSize: flags["shm-size"] ?? 0,
    ReadonlyRootfs: flags["read-only"],
    StorageOpt: storageOptions(flags["storage-opt"]),
  };
}

function splitTmpfs(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}

function storageOptions(options: readonly string[]): Record<string, string> {
  if (options.some((option) => !option.includes("="))) throw new Error("invalid storage option");
  return toMap(options);
}

function logConfig(flags: ContainerOptions): NonNullable<HostConfig["LogConfig"]> {
  const driver = flags["log-driver"] ?? "";
  if (driver === "none" && flags["log-opt"].length > 0)
    throw new Error(`invalid logging opts for driver ${driver}`);
  // An empty name leaves the choice to the engine.
  return {
    Type: driver as NonNullable<NonNullable<HostConfig["LogConfig"]>["Type"]>,
    Config: toMap(flags["log-opt"]),
  };
}
