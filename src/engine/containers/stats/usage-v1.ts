import { type BlkIOEntry, Metrics } from "../../../proto/io/containerd/cgroups/v1/metrics.ts";
import type { HostUsage } from "./host.ts";
import { counter, countersOf } from "./numbers.ts";
import { cpuOfHost, memoryLimit, type Usage } from "./usage.ts";

/** io.containerd.cgroups.v1.Metrics */
export function usageOfV1(bytes: Uint8Array, host: HostUsage): Usage {
  const { pids, cpu, memory, blkio } = Metrics.decode(bytes);
  return {
    pids_stats: { current: counter(pids?.current), ...(pids?.limit ? { limit: counter(pids.limit) } : {}) },
    blkio_stats: {
      io_service_bytes_recursive: entries(blkio?.ioServiceBytesRecursive),
      io_serviced_recursive: entries(blkio?.ioServicedRecursive),
      io_queue_recursive: entries(blkio?.ioQueuedRecursive),
      io_service_time_recursive: entries(blkio?.ioServiceTimeRecursive),
      io_wait_time_recursive: entries(blkio?.ioWaitTimeRecursive),
      io_merged_recursive: entries(blkio?.ioMergedRecursive),
      io_time_recursive: entries(blkio?.ioTimeRecursive),
      sectors_recursive: entries(blkio?.sectorsRecursive),
    },
    cpu_stats: {
      cpu_usage: {
        total_usage: counter(cpu?.usage?.total),
        percpu_usage: (cpu?.usage?.perCpu ?? []).map(counter),
        usage_in_kernelmode: counter(cpu?.usage?.kernel),
        usage_in_usermode: counter(cpu?.usage?.user),
      },
      ...cpuOfHost(host),
      throttling_data: {
        periods: counter(cpu?.throttling?.periods),
        throttled_periods: counter(cpu?.throttling?.throttledPeriods),
        throttled_time: counter(cpu?.throttling?.throttledTime),
      },
    },
    memory_stats: {
      usage: counter(memory?.usage?.usage),
      max_usage: counter(memory?.usage?.max),
      stats: memory ? countersOf(memory) : {},
      ...(memory?.usage?.failcnt ? { failcnt: counter(memory.usage.failcnt) } : {}),
      limit: memoryLimit(counter(memory?.usage?.limit), host),
    },
  };
}

const entries = (list: readonly BlkIOEntry[] | undefined) =>
  (list ?? []).map(({ major, minor, op, value }) => ({
    major: counter(major),
    minor: counter(minor),
    op: op.toLowerCase(),
    value: counter(value),
  }));
