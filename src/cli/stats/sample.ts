import type { ContainerNetworkStats, ContainerStatsResponse } from "../../api/schema.ts";

/** What a container uses, as `docker stats` shows it. Bytes, and percents. */
export interface Sample {
  id: string;
  /** With the slash in front. */
  name: string;
  cpuPercent: number;
  memory: number;
  memoryLimit: number;
  memoryPercent: number;
  received: number;
  sent: number;
  read: number;
  written: number;
  processes: number;
}

/** Works out a sample from what the engine measured. */
export function sampleOf(stats: ContainerStatsResponse): Sample {
  const memory = memoryWithoutCache(stats);
  const memoryLimit = stats.memory_stats?.limit ?? 0;
  const networks = Object.values(
    (stats.networks ?? {}) as Record<string, NonNullable<ContainerNetworkStats>>,
  );
  return {
    id: stats.id ?? "",
    name: stats.name ?? "",
    cpuPercent: cpuPercent(stats),
    memory,
    memoryLimit,
    memoryPercent: memoryLimit === 0 ? 0 : (memory / memoryLimit) * 100,
    received: networks.reduce((sum, { rx_bytes }) => sum + (rx_bytes ?? 0), 0),
    sent: networks.reduce((sum, { tx_bytes }) => sum + (tx_bytes ?? 0), 0),
    read: blockBytes(stats, "r"),
    written: blockBytes(stats, "w"),
    processes: stats.pids_stats?.current ?? 0,
  };
}

/** The share of all processors since the measurement before, 100 for one of them. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStatsResponse): number {
  const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const passed = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  const processors = now?.online_cpus || (now?.cpu_usage?.percpu_usage?.length ?? 0);
  return used > 0 && passed > 0 ? (used / passed) * processors * 100 : 0;
}

/** Cache that could be given up at once does not count; cgroup v1 and v2 name it differently. */
function memoryWithoutCache({ memory_stats }: ContainerStatsResponse): number {
  const usage = memory_stats?.usage ?? 0;
  const { total_inactive_file: v1, inactive_file: v2 } = memory_stats?.stats ?? {};
  if (typeof v1 === "number" && v1 < usage) return usage - v1;
  return (v2 ?? 0) < usage ? usage - (v2 ?? 0) : usage;
}

function blockBytes({ blkio_stats }: ContainerStatsResponse, letter: "r" | "w"): number {
  return (blkio_stats?.io_service_bytes_recursive ?? [])
    .filter((entry) => entry?.op?.[0]?.toLowerCase() === letter)
    .reduce((sum, entry) => sum + (entry?.value ?? 0), 0);
}
