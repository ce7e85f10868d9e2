/** linux.resources as properties of a systemd unit, so that systemd sets the same limits when it reloads. */
import type { LinuxResources } from "../../oci/runtime-spec.ts";
import { weightOfShares } from "../cgroup/limits-v2.ts";
import { type Property, property } from "./scope.ts";

/** systemd's word for "no limit". */
const INFINITY = 0xffffffffffffffffn;
const limitOf = (n: number) => (n < 0 ? INFINITY : BigInt(n));
const DEFAULT_PERIOD_US = 100_000;
const SECOND_US = 1_000_000;
/** systemd keeps quotas in steps of 10 ms a second. */
const QUOTA_STEP_US = 10_000;

function memoryProperties(memory: NonNullable<LinuxResources["memory"]>, unified: boolean): Property[] {
  const { limit, reservation, swap } = memory;
  if (!unified) return limit ? [property("MemoryLimit", "t", limitOf(limit))] : [];
  return [
    ...(limit ? [property("MemoryMax", "t", limitOf(limit))] : []),
    ...(reservation ? [property("MemoryLow", "t", limitOf(reservation))] : []),
    ...(swap && limit && limit > 0
      ? [property("MemorySwapMax", "t", swap < 0 ? INFINITY : BigInt(swap - limit))]
      : []),
  ];
}

function cpuProperties(cpu: NonNullable<LinuxResources["cpu"]>, unified: boolean): Property[] {
  const { shares, quota = 0, period = 0 } = cpu;
  const properties: Property[] = [];
  if (shares && unified) properties.push(property("CPUWeight", "t", BigInt(weightOfShares(shares))));
  else if (shares) properties.push(property("CPUShares", "t", BigInt(shares)));
  if (period > 0) properties.push(property("CPUQuotaPeriodUSec", "t", BigInt(period)));
  if (quota === 0 && period === 0) return properties;
  const perSecond =
    Math.ceil((quota * SECOND_US) / (period || DEFAULT_PERIOD_US) / QUOTA_STEP_US) * QUOTA_STEP_US;
  properties.push(property("CPUQuotaPerSecUSec", "t", quota > 0 ? BigInt(perSecond) : INFINITY));
  return properties;
}

/** `unified`: the host's controllers are on cgroup v2. */
export function unitProperties(resources: LinuxResources, unified: boolean): Property[] {
  const { memory, cpu, pids } = resources;
  return [
    ...(memory ? memoryProperties(memory, unified) : []),
    ...(cpu ? cpuProperties(cpu, unified) : []),
    ...(pids?.limit ? [property("TasksMax", "t", pids.limit > 0 ? BigInt(pids.limit) : INFINITY)] : []),
  ];
}
