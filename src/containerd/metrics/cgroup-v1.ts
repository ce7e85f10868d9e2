/** Figures of control groups of version 1, under the names that stock containerd has for them. */
import type {
  BlkIOEntry,
  MemoryEntry,
  MemoryStat,
  Metrics,
} from "../../proto/io/containerd/cgroups/v1/metrics.ts";
import { type Figure, snakeCase } from "./figure.ts";

const BLKIO_NAMES = {
  ioMergedRecursive: "io_merged_recursive_total",
  ioQueuedRecursive: "io_queued_recursive_total",
  ioServiceBytesRecursive: "io_service_bytes_recursive_bytes",
  ioServiceTimeRecursive: "io_service_time_recursive_total",
  ioServicedRecursive: "io_serviced_recursive_total",
  ioTimeRecursive: "io_time_recursive_total",
  sectorsRecursive: "sectors_recursive_total",
} as const;

export function figuresV1({ cpu, memory, pids, blkio, hugetlb }: Metrics): Figure[] {
  const { usage, throttling } = cpu ?? {};
  return [
    { name: "cpu_total_nanoseconds", value: usage?.total },
    { name: "cpu_kernel_nanoseconds", value: usage?.kernel },
    { name: "cpu_user_nanoseconds", value: usage?.user },
    ...(usage?.perCpu ?? []).map((value, i) => ({
      ...{ name: "per_cpu_nanoseconds", value, labels: { cpu: String(i) } },
    })),
    { name: "cpu_throttle_periods_total", value: throttling?.periods },
    { name: "cpu_throttled_periods_total", value: throttling?.throttledPeriods },
    { name: "cpu_throttled_time_nanoseconds", value: throttling?.throttledTime },
    ...(memory ? memoryFigures(memory) : []),
    { name: "pids_current", value: pids?.current },
    { name: "pids_limit", value: pids?.limit },
    ...Object.entries(BLKIO_NAMES).flatMap(([field, name]) =>
      (blkio?.[field as keyof typeof BLKIO_NAMES] ?? []).map((entry) => blkioFigure(`blkio_${name}`, entry)),
    ),
    ...hugetlb.flatMap(({ pagesize, usage: used, failcnt, max }) => {
      const labels = { page: pagesize };
      return [
        { name: "hugetlb_usage_bytes", value: used, labels },
        { name: "hugetlb_failcnt_total", value: failcnt, labels },
        { name: "hugetlb_max_bytes", value: max, labels },
      ];
    }),
  ];
}

function memoryFigures({ usage, swap, kernel, kernelTcp, ...rest }: MemoryStat): Figure[] {
  return [
    ...Object.entries(rest).map(([field, value]) => ({
      ...{ name: `memory_${snakeCase(field)}_bytes`, value },
    })),
    ...entryFigures("usage", usage),
    ...entryFigures("swap", swap),
    ...entryFigures("kernel", kernel),
    ...entryFigures("kerneltcp", kernelTcp),
  ];
}

function entryFigures(name: string, entry: MemoryEntry | undefined): Figure[] {
  if (!entry) return [];
  return [
    { name: `memory_${name}_limit_bytes`, value: entry.limit },
    { name: `memory_${name}_usage_bytes`, value: entry.usage },
    { name: `memory_${name}_max_bytes`, value: entry.max },
    { name: `memory_${name}_failcnt_total`, value: entry.failcnt },
  ];
}

const blkioFigure = (name: string, { op, device, major, minor, value }: BlkIOEntry): Figure => ({
  ...{ name, value, labels: { op, device, major: String(major), minor: String(minor) } },
});
