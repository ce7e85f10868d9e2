import { Metrics } from "../../../proto/io/containerd/cgroups/v2/metrics.ts";
import type { HostUsage } from "./host.ts";
import { counter, countersOf } from "./numbers.ts";
import { cpuOfHost, memoryLimit, type Usage } from "./usage.ts";

const NANOS_PER_MICRO = 1000n;
/** Counters of the message that are not of memory.stat. */
const NOT_IN_STAT = ["usage", "usageLimit", "swapUsage", "swapLimit", "maxUsage", "swapMaxUsage"];

/** io.containerd.cgroups.v2.Metrics */
export function usageOfV2(bytes: Uint8Array, host: HostUsage): Usage {
  const { pids, cpu, memory, memoryEvents, io } = Metrics.decode(bytes);
  const micros = (value: bigint | undefined) => counter((value ?? 0n) * NANOS_PER_MICRO);
  return {
    pids_stats: { current: counter(pids?.current), ...(pids?.limit ? { limit: counter(pids.limit) } : {}) },
    blkio_stats: {
      io_service_bytes_recursive: (io?.usage ?? []).flatMap(({ major, minor, rbytes, wbytes }) => {
        const device = { major: counter(major), minor: counter(minor) };
        return [
          { ...device, op: "read", value: counter(rbytes) },
          { ...device, op: "write", value: counter(wbytes) },
        ];
      }),
      io_serviced_recursive: null,
      io_queue_recursive: null,
      io_service_time_recursive: null,
      io_wait_time_recursive: null,
      io_merged_recursive: null,
      io_time_recursive: null,
      sectors_recursive: null,
    },
    cpu_stats: {
      cpu_usage: {
        total_usage: micros(cpu?.usageUsec),
        usage_in_kernelmode: micros(cpu?.systemUsec),
        usage_in_usermode: micros(cpu?.userUsec),
      },
      ...cpuOfHost(host),
      throttling_data: {
        periods: counter(cpu?.nrPeriods),
        throttled_periods: counter(cpu?.nrThrottled),
        throttled_time: micros(cpu?.throttledUsec),
      },
    },
    memory_stats: {
      usage: counter(memory?.usage),
      stats: memory ? countersOf(memory, NOT_IN_STAT) : {},
      ...(memoryEvents?.oom ? { failcnt: counter(memoryEvents.oom) } : {}),
      limit: memoryLimit(counter(memory?.usageLimit), host),
    },
  };
}
