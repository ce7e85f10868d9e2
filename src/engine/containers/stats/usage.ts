import type { ContainerStatsResponse } from "../../../api/schema.ts";
import type { HostUsage } from "./host.ts";

/** The part of a sample that comes from the container's control groups. */
export type Usage = Required<
  Pick<ContainerStatsResponse, "pids_stats" | "blkio_stats" | "cpu_stats" | "memory_stats">
>;

/** A limit above what the machine has is none. */
export const memoryLimit = (limit: number, host: HostUsage) =>
  limit === 0 || limit > host.memory ? host.memory : limit;

export const cpuOfHost = ({ cpu, cpus }: HostUsage) => ({ system_cpu_usage: cpu, online_cpus: cpus });

/** Reads containerd's metrics, which differ between cgroup versions. */
export async function usageOf(
  metrics: { typeUrl: string; value: Uint8Array },
  host: HostUsage,
): Promise<Usage> {
  if (metrics.typeUrl.endsWith("cgroups.v2.Metrics")) {
    const { usageOfV2 } = await import("./usage-v2.ts");
    return usageOfV2(metrics.value, host);
  }
  const { usageOfV1 } = await import("./usage-v1.ts");
  return usageOfV1(metrics.value, host);
}
