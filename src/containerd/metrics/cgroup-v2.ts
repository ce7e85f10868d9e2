/** Figures of control groups of version 2, under the names that stock containerd has for them. */
import type { MemoryStat, Metrics } from "../../proto/io/containerd/cgroups/v2/metrics.ts";
import { type Figure, snakeCase } from "./figure.ts";

export function figuresV2({ cpu, memory, pids, io }: Metrics): Figure[] {
  return [
    { name: "cpu_usage_microseconds", value: cpu?.usageUsec },
    { name: "cpu_user_usage_microseconds", value: cpu?.userUsec },
    { name: "cpu_kernel_usage_microseconds", value: cpu?.systemUsec },
    { name: "cpu_nr_periods_total", value: cpu?.nrPeriods },
    { name: "cpu_nr_throttled_total", value: cpu?.nrThrottled },
    { name: "cpu_throttled_usec_microseconds", value: cpu?.throttledUsec },
    ...(memory ? memoryFigures(memory) : []),
    { name: "pids_current", value: pids?.current },
    { name: "pids_limit", value: pids?.limit },
    ...(io?.usage ?? []).flatMap(({ major, minor, rbytes, wbytes, rios, wios }) => {
      const labels = { major: String(major), minor: String(minor) };
      return [
        { name: "io_rbytes_bytes", value: rbytes, labels },
        { name: "io_wbytes_bytes", value: wbytes, labels },
        { name: "io_rios_total", value: rios, labels },
        { name: "io_wios_total", value: wios, labels },
      ];
    }),
  ];
}

/** Stock has no names for the highest values and for pressure. */
function memoryFigures({ maxUsage: _, swapMaxUsage: __, psi: ___, ...rest }: MemoryStat): Figure[] {
  return Object.entries(rest).map(([field, value]) => ({
    ...{ name: `memory_${snakeCase(field)}_bytes`, value },
  }));
}
