import type { Resources } from "../../../api/schema.ts";
import { isCdiDevice, parseDevice, parseGpus, parseThrottle, parseWeight } from "./devices.ts";
import type { ContainerOptions } from "./values.ts";

/** The limits and devices of a container. Errors: in the words of the docker client. */
export function parseResources(flags: ContainerOptions): Resources {
  const swappiness = flags["memory-swappiness"] ?? -1;
  if (swappiness < -1 || swappiness > 100)
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  return {
    CgroupParent: flags["cgroup-parent"] ?? "",
    Memory: flags.memory ?? 0,
    MemoryReservation: flags["memory-reservation"] ?? 0,
    MemorySwap: flags["memory-swap"] ?? 0,
    MemorySwappiness: swappiness,
    OomKillDisable: flags["oom-kill-disable"],
    NanoCpus: flags.cpus ?? 0,
    CpuShares: flags["cpu-shares"] ?? 0,
    CpuPeriod: flags["cpu-period"] ?? 0,
    CpuQuota: flags["cpu-quota"] ?? 0,
    CpuRealtimePeriod: flags["cpu-rt-period"] ?? 0,
    CpuRealtimeRuntime: flags["cpu-rt-runtime"] ?? 0,
    CpusetCpus: flags["cpuset-cpus"] ?? "",
    CpusetMems: flags["cpuset-mems"] ?? "",
    PidsLimit: flags["pids-limit"] ?? 0,
    Ulimits: ulimits(flags.ulimit),
    ...blockIo(flags),
    ...devices(flags),
  };
}

function blockIo(flags: ContainerOptions): Resources {
  return {
    BlkioWeight: flags["blkio-weight"] ?? 0,
    BlkioWeightDevice: flags["blkio-weight-device"].map(parseWeight),
    BlkioDeviceReadBps: flags["device-read-bps"].map((text) => parseThrottle(text, true)),
    BlkioDeviceWriteBps: flags["device-write-bps"].map((text) => parseThrottle(text, true)),
    BlkioDeviceReadIOps: flags["device-read-iops"].map((text) => parseThrottle(text, false)),
    BlkioDeviceWriteIOps: flags["device-write-iops"].map((text) => parseThrottle(text, false)),
  };
}

function devices(flags: ContainerOptions): Resources {
  const cdi = flags.device.filter(isCdiDevice);
  const requests = [
    ...(flags.gpus === undefined ? [] : [parseGpus(flags.gpus)]),
    ...(cdi.length === 0 ? [] : [{ Driver: "cdi", DeviceIDs: cdi }]),
  ];
  return {
    DeviceCgroupRules: flags["device-cgroup-rule"],
    Devices: flags.device.filter((device) => !isCdiDevice(device)).map(parseDevice),
    ...(requests.length === 0 ? {} : { DeviceRequests: requests }),
  };
}

/** Each limit once, with its last value, in the order of their names. */
function ulimits(texts: readonly string[]): { Name: string; Soft: number; Hard: number }[] {
  const byName = new Map(texts.map(parseUlimit).map((limit) => [limit.Name, limit]));
  return [...byName.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

/** NAME=SOFT[:HARD], checked when the flag was read. */
function parseUlimit(text: string): { Name: string; Soft: number; Hard: number } {
  const [name, limits] = text.split("=") as [string, string];
  const [soft, hard = soft] = limits.split(":") as [string, string?];
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}
