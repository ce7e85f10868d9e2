import type { HostConfig, PortMap } from "../../../api/schema.ts";
import type { EngineConfig } from "../../config/config.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../spec/defaults.ts";

const nothing = <T>() => null as unknown as T;

/** Where the daemon's host decides. */
export interface HostDefaults {
  config: EngineConfig;
  cgroupVersion: 1 | 2;
}

/** The host configuration with every field, in stock's order and with the daemon's defaults, for inspect and for disk. */
export function completeHostConfig(given: HostConfig, { config, cgroupVersion }: HostDefaults): HostConfig {
  const privileged = given.Privileged ?? false;
  const memory = given.Memory ?? 0;
  const complete: HostConfig = {
    Binds: given.Binds ?? nothing(),
    ContainerIDFile: given.ContainerIDFile ?? "",
    LogConfig: logConfig(given, config),
    NetworkMode: networkMode(given.NetworkMode),
    PortBindings: normalBindings(given.PortBindings ?? {}),
    RestartPolicy: {
      Name: given.RestartPolicy?.Name || "no",
      MaximumRetryCount: given.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    AutoRemove: given.AutoRemove ?? false,
    VolumeDriver: given.VolumeDriver ?? "",
    VolumesFrom: given.VolumesFrom ?? nothing(),
    ConsoleSize: given.ConsoleSize ?? [0, 0],
    CapAdd: given.CapAdd ?? nothing(),
    CapDrop: given.CapDrop ?? nothing(),
    CgroupnsMode: (given.CgroupnsMode ||
      config.defaultCgroupnsMode ||
      (cgroupVersion === 2 && !privileged ? "private" : "host")) as "private" | "host",
    Dns: given.Dns ?? [],
    DnsOptions: given.DnsOptions ?? [],
    DnsSearch: given.DnsSearch ?? [],
    ExtraHosts: given.ExtraHosts ?? nothing(),
    GroupAdd: given.GroupAdd ?? nothing(),
    IpcMode: given.IpcMode || config.defaultIpcMode,
    Cgroup: given.Cgroup ?? "",
    Links: given.Links ?? nothing(),
    OomScoreAdj: given.OomScoreAdj ?? 0,
    PidMode: given.PidMode ?? "",
    Privileged: privileged,
    PublishAllPorts: given.PublishAllPorts ?? false,
    ReadonlyRootfs: given.ReadonlyRootfs ?? false,
    SecurityOpt: given.SecurityOpt ?? nothing(),
    UTSMode: given.UTSMode ?? "",
    UsernsMode: given.UsernsMode ?? "",
    ShmSize: given.ShmSize || config.defaultShmSize,
    Runtime: given.Runtime || config.defaultRuntime,
    Isolation: (given.Isolation ?? "") as "default",
    CpuShares: given.CpuShares ?? 0,
    Memory: memory,
    NanoCpus: given.NanoCpus ?? 0,
    CgroupParent: given.CgroupParent ?? "",
    BlkioWeight: given.BlkioWeight ?? 0,
    BlkioWeightDevice: given.BlkioWeightDevice ?? [],
    BlkioDeviceReadBps: given.BlkioDeviceReadBps ?? [],
    BlkioDeviceWriteBps: given.BlkioDeviceWriteBps ?? [],
    BlkioDeviceReadIOps: given.BlkioDeviceReadIOps ?? [],
    BlkioDeviceWriteIOps: given.BlkioDeviceWriteIOps ?? [],
    CpuPeriod: given.CpuPeriod ?? 0,
    CpuQuota: given.CpuQuota ?? 0,
    CpuRealtimePeriod: given.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: given.CpuRealtimeRuntime ?? 0,
    CpusetCpus: given.CpusetCpus ?? "",
    CpusetMems: given.CpusetMems ?? "",
    Devices: given.Devices ?? [],
    DeviceCgroupRules: given.DeviceCgroupRules ?? nothing(),
    DeviceRequests: given.DeviceRequests?.map((asked) => ({ Count: 0, ...asked })) ?? nothing(),
    MemoryReservation: given.MemoryReservation ?? 0,
    // Stock lets a container swap as much as it may have memory.
    MemorySwap: given.MemorySwap || (memory > 0 ? memory * 2 : 0),
    // -1 is how clients say that they do not say.
    MemorySwappiness: given.MemorySwappiness === -1 ? nothing() : (given.MemorySwappiness ?? nothing()),
    OomKillDisable: given.OomKillDisable ?? (cgroupVersion === 2 ? nothing() : false),
    // Clients say "no limit" in many ways.
    PidsLimit: (given.PidsLimit ?? 0) > 0 ? given.PidsLimit! : null,
    Ulimits: given.Ulimits ?? [],
    CpuCount: given.CpuCount ?? 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: given.MaskedPaths ?? (privileged ? nothing() : MASKED_PATHS),
    ReadonlyPaths: given.ReadonlyPaths ?? (privileged ? nothing() : READONLY_PATHS),
  };
  return withRarities(complete, given);
}

/** Fields that stock leaves out when they are empty. */
function withRarities(complete: HostConfig, given: HostConfig): HostConfig {
  const { Mounts, StorageOpt, Tmpfs, Sysctls, Annotations, Init } = given;
  if (Mounts?.length) complete.Mounts = Mounts;
  for (const [name, map] of Object.entries({ StorageOpt, Tmpfs, Sysctls, Annotations })) {
    if (map && Object.keys(map).length > 0) Object.assign(complete, { [name]: map });
  }
  if (Init != null) complete.Init = Init;
  return complete;
}

const networkMode = (mode: string | undefined) => (mode && mode !== "default" ? mode : "bridge");

function logConfig(given: HostConfig, config: EngineConfig): NonNullable<HostConfig["LogConfig"]> {
  const Type = given.LogConfig?.Type || (config.logDriver as "json-file");
  const own = given.LogConfig?.Config ?? {};
  // The daemon's options are for the daemon's driver.
  return { Type, Config: Type === config.logDriver ? { ...config.logOpts, ...own } : own };
}

function normalBindings(bindings: PortMap): PortMap {
  const normal: PortMap = {};
  for (const [port, list] of Object.entries(bindings)) {
    const key = port.includes("/") ? port : `${port}/tcp`;
    normal[key] = (list ?? []).map(({ HostIp, HostPort }) => ({
      HostIp: HostIp ?? "",
      HostPort: HostPort ?? "",
    }));
    if (normal[key]?.length === 0) normal[key] = [{ HostIp: "", HostPort: "" }];
  }
  return normal;
}
