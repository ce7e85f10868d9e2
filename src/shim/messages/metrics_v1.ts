/** io.containerd.cgroups.v1.Metrics. */
import { many, one, text, uint64, uint64s } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";

const HugetlbStat = message({ usage: uint64(1), max: uint64(2), failcnt: uint64(3), pagesize: text(4) });
const PidsStat = message({ current: uint64(1), limit: uint64(2) });
/** Nanoseconds. */
const CPUUsage = message({ total: uint64(1), kernel: uint64(2), user: uint64(3), perCpu: uint64s(4) });
const Throttle = message({ periods: uint64(1), throttledPeriods: uint64(2), throttledTime: uint64(3) });
const CPUStat = message({ usage: one(1, CPUUsage), throttling: one(2, Throttle) });
const MemoryEntry = message({ limit: uint64(1), usage: uint64(2), max: uint64(3), failcnt: uint64(4) });

/** The counters of memory.stat; each has its field number by its place in this list, from 1. */
export const MEMORY_STAT = [
  "cache",
  "rss",
  "rss_huge",
  "mapped_file",
  "dirty",
  "writeback",
  "pgpgin",
  "pgpgout",
  "pgfault",
  "pgmajfault",
  "inactive_anon",
  "active_anon",
  "inactive_file",
  "active_file",
  "unevictable",
  "hierarchical_memory_limit",
  "hierarchical_memsw_limit",
  "total_cache",
  "total_rss",
  "total_rss_huge",
  "total_mapped_file",
  "total_dirty",
  "total_writeback",
  "total_pgpgin",
  "total_pgpgout",
  "total_pgfault",
  "total_pgmajfault",
  "total_inactive_anon",
  "total_active_anon",
  "total_inactive_file",
  "total_active_file",
  "total_unevictable",
] as const;

type MemoryCounter = (typeof MEMORY_STAT)[number];

const memoryCounters = Object.fromEntries(MEMORY_STAT.map((name, i) => [name, uint64(i + 1)])) as Record<
  MemoryCounter,
  ReturnType<typeof uint64>
>;

const MemoryStat = message({
  ...memoryCounters,
  usage: one(33, MemoryEntry),
  swap: one(34, MemoryEntry),
  kernel: one(35, MemoryEntry),
  kernelTcp: one(36, MemoryEntry),
});

const BlkIOEntry = message({
  op: text(1),
  device: text(2),
  major: uint64(3),
  minor: uint64(4),
  value: uint64(5),
});

/** The files of the blkio controller by field number; each also exists with the prefix and suffix "blkio." and "_recursive". */
const BlkIOStat = message({
  ioServiceBytes: many(1, BlkIOEntry),
  ioServiced: many(2, BlkIOEntry),
  ioQueued: many(3, BlkIOEntry),
  ioServiceTime: many(4, BlkIOEntry),
  ioWaitTime: many(5, BlkIOEntry),
  ioMerged: many(6, BlkIOEntry),
  ioTime: many(7, BlkIOEntry),
  sectors: many(8, BlkIOEntry),
});

const MemoryOomControl = message({ oomKillDisable: uint64(1), underOom: uint64(2), oomKill: uint64(3) });

export const MetricsV1 = message({
  hugetlb: many(1, HugetlbStat),
  pids: one(2, PidsStat),
  cpu: one(3, CPUStat),
  memory: one(4, MemoryStat),
  blkio: one(5, BlkIOStat),
  memoryOomControl: one(9, MemoryOomControl),
});
