import type { SystemInfo } from "../../api/schema.ts";
import type { Field } from "../template/struct.ts";
import { GoStruct, listField, plainFields } from "../template/struct.ts";

/** How a field of the info is called in Go where JSON has another name. */
const GO_NAMES: Record<string, string> = {
  CpuCfsPeriod: "CPUCfsPeriod",
  CpuCfsQuota: "CPUCfsQuota",
  HttpProxy: "HTTPProxy",
  HttpsProxy: "HTTPSProxy",
};

/** All fields in the order of Go's client, with what a missing one counts as; undefined leaves an empty one out. */
const FIELDS: [keyof SystemInfo | "SystemStatus" | "KernelMemory", unknown][] = [
  ["ID", ""],
  ["Containers", 0],
  ["ContainersRunning", 0],
  ["ContainersPaused", 0],
  ["ContainersStopped", 0],
  ["Images", 0],
  ["Driver", ""],
  ["DriverStatus", null],
  ["SystemStatus", undefined],
  ["Plugins", {}],
  ["MemoryLimit", false],
  ["SwapLimit", false],
  ["KernelMemory", undefined],
  ["KernelMemoryTCP", undefined],
  ["CpuCfsPeriod", false],
  ["CpuCfsQuota", false],
  ["CPUShares", false],
  ["CPUSet", false],
  ["PidsLimit", false],
  ["IPv4Forwarding", false],
  ["Debug", false],
  ["NFd", 0],
  ["OomKillDisable", false],
  ["NGoroutines", 0],
  ["SystemTime", ""],
  ["LoggingDriver", ""],
  ["CgroupDriver", ""],
  ["CgroupVersion", undefined],
  ["NEventsListener", 0],
  ["KernelVersion", ""],
  ["OperatingSystem", ""],
  ["OSVersion", ""],
  ["OSType", ""],
  ["Architecture", ""],
  ["IndexServerAddress", ""],
  ["RegistryConfig", null],
  ["NCPU", 0],
  ["MemTotal", 0],
  ["GenericResources", null],
  ["DockerRootDir", ""],
  ["HttpProxy", ""],
  ["HttpsProxy", ""],
  ["NoProxy", ""],
  ["Name", ""],
  ["Labels", null],
  ["ExperimentalBuild", false],
  ["ServerVersion", ""],
  ["Runtimes", null],
  ["DefaultRuntime", ""],
  ["Swarm", {}],
  ["LiveRestoreEnabled", false],
  ["Isolation", ""],
  ["InitBinary", ""],
  ["ContainerdCommit", {}],
  ["RuncCommit", {}],
  ["InitCommit", {}],
  ["SecurityOptions", null],
  ["ProductLicense", undefined],
  ["DefaultAddressPools", undefined],
  ["FirewallBackend", undefined],
  ["CDISpecDirs", null],
  ["DiscoveredDevices", undefined],
  ["Containerd", undefined],
  ["Warnings", null],
];

/** The engine's info as templates and JSON see it. */
export function serverFields(info: SystemInfo): Record<string, Field> {
  const raw = info as Record<string, unknown>;
  const fields: Record<string, Field> = {};
  for (const [json, zero] of FIELDS) {
    const given = raw[json] ?? zero;
    const list = given === null && json !== "RegistryConfig" && json !== "Runtimes";
    const field = list ? listField(null) : { value: nested(json, given) };
    fields[GO_NAMES[json] ?? json] = { ...field, json, ...(zero === undefined ? { omitEmpty: true } : {}) };
  }
  return fields;
}

const COMMITS = ["ContainerdCommit", "RuncCommit", "InitCommit"];

function nested(name: string, value: unknown): unknown {
  const given = (value ?? {}) as Record<string, unknown>;
  const lists = (...names: string[]) =>
    Object.fromEntries(names.map((each) => [each, listField(given[each])]));
  if (name === "Plugins")
    return new GoStruct("system.PluginsInfo", lists("Volume", "Network", "Authorization", "Log"));
  if (COMMITS.includes(name))
    return new GoStruct("system.Commit", {
      ID: { value: given["ID"] ?? "" },
      Expected: { value: given["Expected"] ?? "", omitEmpty: true },
    });
  if (name === "Swarm") return swarmOf(given);
  if (name === "RegistryConfig" && value) return sortedDeep(withoutRetired(given));
  return name === "Runtimes" ? sortedDeep(value) : value;
}

function swarmOf(given: Record<string, unknown>): GoStruct {
  return new GoStruct("swarm.Info", {
    ...plainFields({
      NodeID: given["NodeID"] ?? "",
      NodeAddr: given["NodeAddr"] ?? "",
      LocalNodeState: given["LocalNodeState"] ?? "",
      ControlAvailable: given["ControlAvailable"] ?? false,
      Error: given["Error"] ?? "",
    }),
    RemoteManagers: listField(given["RemoteManagers"]),
    Nodes: { value: given["Nodes"] ?? 0, omitEmpty: true },
    Managers: { value: given["Managers"] ?? 0, omitEmpty: true },
    Cluster: { value: given["Cluster"] ?? null, omitEmpty: true },
    Warnings: { ...listField(given["Warnings"]), omitEmpty: true },
  });
}

/** What engines before version 28 had in addition. */
const withoutRetired = (registry: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(registry).filter(([key]) => !key.startsWith("AllowNondistributable")));

/** The same data with the keys of all objects in order. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sortedDeep(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
