/** Counters of the unified hierarchy. */
import { type IOEntry, Metrics } from "../../proto/io/containerd/cgroups/v2/metrics.ts";
import type { DeepPartial } from "../../protobuf/message.ts";
import { fieldsOf, namesIn, readCounters, readNumber, readText } from "./files.ts";

/** Reads what is there. */
export function collectV2(folder: string): Uint8Array {
  return Metrics.encode({
    pids: { current: readNumber(`${folder}/pids.current`), limit: readNumber(`${folder}/pids.max`) },
    cpu: fieldsOf(readCounters(`${folder}/cpu.stat`)),
    memory: {
      ...fieldsOf(readCounters(`${folder}/memory.stat`)),
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
    memoryEvents: fieldsOf(readCounters(`${folder}/memory.events`)),
  });
}

/** Lines of "major:minor name=value ...". */
export function ioEntries(text: string): DeepPartial<IOEntry>[] {
  return text.split("\n").flatMap((line) => {
    const [device = "", ...pairs] = line.split(" ");
    const [major, minor] = device.split(":");
    if (!major || !minor) return [];
    const counters: Record<string, bigint> = {};
    for (const pair of pairs) {
      const [name = "", value = ""] = pair.split("=");
      if (/^\d+$/.test(value)) counters[name] = BigInt(value);
    }
    return { ...counters, major: BigInt(major), minor: BigInt(minor) };
  });
}
