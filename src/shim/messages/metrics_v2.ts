/** io.containerd.cgroups.v2.Metrics. */
import { many, one, text, uint64 } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";

const PidsStat = message({ current: uint64(1), limit: uint64(2) });
const CPUStat = message({
  usage_usec: uint64(1),
  user_usec: uint64(2),
  system_usec: uint64(3),
  nr_periods: uint64(4),
  nr_throttled: uint64(5),
  throttled_usec: uint64(6),
});

/** The counters of memory.stat; each has its field number by its place in this list, from 1. */
export const MEMORY_STAT = [
  "anon",
  "file",
  "kernel_stack",
  "slab",
  "sock",
  "shmem",
  "file_mapped",
  "file_dirty",
  "file_writeback",
  "anon_thp",
  "inactive_anon",
  "active_anon",
  "inactive_file",
  "active_file",
  "unevictable",
  "slab_reclaimable",
  "slab_unreclaimable",
  "pgfault",
  "pgmajfault",
  "workingset_refault",
  "workingset_activate",
  "workingset_nodereclaim",
  "pgrefill",
  "pgscan",
  "pgsteal",
  "pgactivate",
  "pgdeactivate",
  "pglazyfree",
  "pglazyfreed",
  "thp_fault_alloc",
  "thp_collapse_alloc",
] as const;

const memoryCounters = Object.fromEntries(MEMORY_STAT.map((name, i) => [name, uint64(i + 1)])) as Record<
  (typeof MEMORY_STAT)[number],
  ReturnType<typeof uint64>
>;

const MemoryStat = message({
  ...memoryCounters,
  usage: uint64(32),
  usageLimit: uint64(33),
  swapUsage: uint64(34),
  swapLimit: uint64(35),
  maxUsage: uint64(36),
});

const MemoryEvents = message({
  low: uint64(1),
  high: uint64(2),
  max: uint64(3),
  oom: uint64(4),
  oom_kill: uint64(5),
});

const IOEntry = message({
  major: uint64(1),
  minor: uint64(2),
  rbytes: uint64(3),
  wbytes: uint64(4),
  rios: uint64(5),
  wios: uint64(6),
});
const IOStat = message({ usage: many(1, IOEntry) });
const HugeTlbStat = message({ current: uint64(1), max: uint64(2), pagesize: text(3) });

export const MetricsV2 = message({
  pids: one(1, PidsStat),
  cpu: one(2, CPUStat),
  memory: one(4, MemoryStat),
  io: one(6, IOStat),
  hugetlb: many(7, HugeTlbStat),
  memoryEvents: one(8, MemoryEvents),
});
