import { statSync } from "node:fs";
import type { HostConfig, Resources, ThrottleDevice } from "../../../api/schema.ts";
import { invalidArgument, messageOf } from "../../../errors/errors.ts";
import type { LinuxResources } from "../../../oci/runtime-spec.ts";

const CPU_PERIOD_US = 100_000;

/** linux.resources of these limits, without device rules; also what an update sends. */
export function resourcesOf(host: Resources): LinuxResources {
  const resources: LinuxResources = {};
  const memory = memoryOf(host);
  if (Object.keys(memory).length > 0) resources.memory = memory;
  const cpu = cpuOf(host);
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;
  const blockIO = blockIOOf(host);
  if (Object.keys(blockIO).length > 0) resources.blockIO = blockIO;
  if (host.PidsLimit != null && host.PidsLimit !== 0) resources.pids = { limit: host.PidsLimit };
  return resources;
}

type Memory = NonNullable<LinuxResources["memory"]>;

function memoryOf(host: Resources): Memory {
  const memory: Memory = {};
  if (host.Memory) memory.limit = host.Memory;
  if (host.MemoryReservation) memory.reservation = host.MemoryReservation;
  if (host.MemorySwap) memory.swap = host.MemorySwap;
  if (host.MemorySwappiness != null && host.MemorySwappiness !== -1)
    memory.swappiness = host.MemorySwappiness;
  if (host.OomKillDisable) memory.disableOOMKiller = true;
  if (host.KernelMemoryTCP) memory.kernelTCP = host.KernelMemoryTCP;
  return memory;
}

type Cpu = NonNullable<LinuxResources["cpu"]>;

function cpuOf(host: Resources): Cpu {
  const cpu: Cpu = {};
  if (host.CpuShares) cpu.shares = host.CpuShares;
  if (host.CpusetCpus) cpu.cpus = host.CpusetCpus;
  if (host.CpusetMems) cpu.mems = host.CpusetMems;
  if (host.NanoCpus) {
    cpu.period = CPU_PERIOD_US;
    cpu.quota = Math.trunc((host.NanoCpus * CPU_PERIOD_US) / 1e9);
  }
  if (host.CpuPeriod) cpu.period = host.CpuPeriod;
  if (host.CpuQuota) cpu.quota = host.CpuQuota;
  if (host.CpuRealtimePeriod) cpu.realtimePeriod = host.CpuRealtimePeriod;
  if (host.CpuRealtimeRuntime) cpu.realtimeRuntime = host.CpuRealtimeRuntime;
  return cpu;
}

type BlockIO = NonNullable<LinuxResources["blockIO"]>;

function blockIOOf(host: Resources): BlockIO {
  const io: BlockIO = {};
  if (host.BlkioWeight) io.weight = host.BlkioWeight;
  const weights = (host.BlkioWeightDevice ?? []).map(({ Path, Weight }) => ({
    ...deviceNumbers(Path ?? ""),
    weight: Weight ?? 0,
  }));
  if (weights.length > 0) io.weightDevice = weights;
  const throttle = (devices: ThrottleDevice[] | undefined) =>
    (devices ?? []).map(({ Path, Rate }) => ({ ...deviceNumbers(Path ?? ""), rate: Rate ?? 0 }));
  const [readBps, writeBps] = [throttle(host.BlkioDeviceReadBps), throttle(host.BlkioDeviceWriteBps)];
  const [readOps, writeOps] = [throttle(host.BlkioDeviceReadIOps), throttle(host.BlkioDeviceWriteIOps)];
  if (readBps.length > 0) io.throttleReadBpsDevice = readBps;
  if (writeBps.length > 0) io.throttleWriteBpsDevice = writeBps;
  if (readOps.length > 0) io.throttleReadIOPSDevice = readOps;
  if (writeOps.length > 0) io.throttleWriteIOPSDevice = writeOps;
  return io;
}

/** Linux's encoding of device numbers, as stat(2) gives them. */
export function splitDevice(device: number): { major: number; minor: number } {
  const d = BigInt(device);
  return {
    major: Number(((d >> 8n) & 0xfffn) | ((d >> 32n) & 0xfffff000n)),
    minor: Number((d & 0xffn) | ((d >> 12n) & 0xffffff00n)),
  };
}

function deviceNumbers(path: string): { major: number; minor: number } {
  try {
    return splitDevice(statSync(path).rdev);
  } catch (cause) {
    throw invalidArgument(`block device ${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
}

/** Limits of processes: the container's own over the daemon's defaults. */
export function rlimitsOf(
  host: HostConfig,
  defaults: Record<string, { Name: string; Soft: number; Hard: number }>,
): { type: string; hard: number; soft: number }[] {
  const own = host.Ulimits ?? [];
  const names = new Set(own.map(({ Name }) => Name));
  const rest = Object.values(defaults).filter(({ Name }) => !names.has(Name));
  return [...own, ...rest].map(({ Name = "", Soft = 0, Hard = 0 }) => ({
    type: `RLIMIT_${Name.toUpperCase()}`,
    hard: unlimited(Hard),
    soft: unlimited(Soft),
  }));
}

/** RLIM_INFINITY is beyond what a JavaScript number can hold, so it is put into the JSON as text. */
const INFINITE = (JSON as unknown as { rawJSON(text: string): number }).rawJSON("18446744073709551615");

/** -1 stands for no limit. */
const unlimited = (value: number): number => (value < 0 ? INFINITE : value);
