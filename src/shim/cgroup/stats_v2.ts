/** Counters of the unified hierarchy. */
import { MEMORY_STAT, MetricsV2 } from "../messages/metrics_v2.ts";
import { namesIn, pick, readCounters, readNumber, readText } from "./files.ts";

const CPU_STAT = [
  "usage_usec",
  "user_usec",
  "system_usec",
  "nr_periods",
  "nr_throttled",
  "throttled_usec",
] as const;
const MEMORY_EVENTS = ["low", "high", "max", "oom", "oom_kill"] as const;

/** Reads what is there. */
export function collectV2(folder: string): Uint8Array {
  return MetricsV2.encode({
    pids: { current: readNumber(`${folder}/pids.current`), limit: readNumber(`${folder}/pids.max`) },
    cpu: pick(readCounters(`${folder}/cpu.stat`), CPU_STAT),
    memory: {
      ...pick(readCounters(`${folder}/memory.stat`), MEMORY_STAT),
      usage: readNumber(`${folder}/memory.current`),
      usageLimit: readNumber(`${folder}/memory.max`),
      swapUsage: readNumber(`${folder}/memory.swap.current`),
      swapLimit: readNumber(`${folder}/memory.swap.max`),
      maxUsage: readNumber(`${folder}/memory.peak`),
    },
    io: { usage: ioEntries(readText(`${folder}/io.stat`)) },
    hugetlb: namesIn(folder, /^hugetlb\.(.+)\.max$/).map((pagesize) => ({
      pagesize,
      current: readNumber(`${folder}/hugetlb.${pagesize}.current`),
      max: readNumber(`${folder}/hugetlb.${pagesize}.max`),
    })),
    memoryEvents: pick(readCounters(`${folder}/memory.events`), MEMORY_EVENTS),
  });
}

/** Lines of "major:minor name=value ...". */
export function ioEntries(text: string) {
  return text.split("\n").flatMap((line) => {
    const [device = "", ...pairs] = line.split(" ");
    const [major, minor] = device.split(":");
    if (!major || !minor) return [];
    const counters: Record<string, bigint> = {};
    for (const pair of pairs) {
      const [name = "", value = ""] = pair.split("=");
      if (/^\d+$/.test(value)) counters[name] = BigInt(value);
    }
    const numbers = pick(counters, ["rbytes", "wbytes", "rios", "wios"]);
    return { major: BigInt(major), minor: BigInt(minor), ...numbers };
  });
}
