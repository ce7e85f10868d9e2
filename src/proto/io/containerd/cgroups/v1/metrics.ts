// Generated from proto/io/containerd/cgroups/v1/metrics.proto by make proto: change that, not this.
import { many, one, text, uint, uint64, uint64s } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";

export type HugetlbStat = MessageOf<typeof HugetlbStat>;
export const HugetlbStat = message({
  usage: uint64(1),
  max: uint64(2),
  failcnt: uint64(3),
  pagesize: text(4),
});

export type PidsStat = MessageOf<typeof PidsStat>;
export const PidsStat = message({
  current: uint64(1),
  limit: uint64(2),
});

export type CPUUsage = MessageOf<typeof CPUUsage>;
export const CPUUsage = message({
  total: uint64(1),
  kernel: uint64(2),
  user: uint64(3),
  perCpu: uint64s(4),
});

export type Throttle = MessageOf<typeof Throttle>;
export const Throttle = message({
  periods: uint64(1),
  throttledPeriods: uint64(2),
  throttledTime: uint64(3),
});

export type CPUStat = MessageOf<typeof CPUStat>;
export const CPUStat = message({
  usage: one(1, CPUUsage),
  throttling: one(2, Throttle),
});

export type MemoryEntry = MessageOf<typeof MemoryEntry>;
export const MemoryEntry = message({
  limit: uint64(1),
  usage: uint64(2),
  max: uint64(3),
  failcnt: uint64(4),
});

export type MemoryStat = MessageOf<typeof MemoryStat>;
export const MemoryStat = message({
  cache: uint64(1),
  rss: uint64(2),
  rssHuge: uint64(3),
  mappedFile: uint64(4),
  dirty: uint64(5),
  writeback: uint64(6),
  pgpgin: uint64(7),
  pgpgout: uint64(8),
  pgfault: uint64(9),
  pgmajfault: uint64(10),
  inactiveAnon: uint64(11),
  activeAnon: uint64(12),
  inactiveFile: uint64(13),
  activeFile: uint64(14),
  unevictable: uint64(15),
  hierarchicalMemoryLimit: uint64(16),
  hierarchicalMemswLimit: uint64(17),
  totalCache: uint64(18),
  totalRss: uint64(19),
  totalRssHuge: uint64(20),
  totalMappedFile: uint64(21),
  totalDirty: uint64(22),
  totalWriteback: uint64(23),
  totalPgpgin: uint64(24),
  totalPgpgout: uint64(25),
  totalPgfault: uint64(26),
  totalPgmajfault: uint64(27),
  totalInactiveAnon: uint64(28),
  totalActiveAnon: uint64(29),
  totalInactiveFile: uint64(30),
  totalActiveFile: uint64(31),
  totalUnevictable: uint64(32),
  usage: one(33, MemoryEntry),
  swap: one(34, MemoryEntry),
  kernel: one(35, MemoryEntry),
  kernelTcp: one(36, MemoryEntry),
});

export type BlkIOEntry = MessageOf<typeof BlkIOEntry>;
export const BlkIOEntry = message({
  op: text(1),
  device: text(2),
  major: uint64(3),
  minor: uint64(4),
  value: uint64(5),
});

export type BlkIOStat = MessageOf<typeof BlkIOStat>;
export const BlkIOStat = message({
  ioServiceBytesRecursive: many(1, BlkIOEntry),
  ioServicedRecursive: many(2, BlkIOEntry),
  ioQueuedRecursive: many(3, BlkIOEntry),
  ioServiceTimeRecursive: many(4, BlkIOEntry),
  ioWaitTimeRecursive: many(5, BlkIOEntry),
  ioMergedRecursive: many(6, BlkIOEntry),
  ioTimeRecursive: many(7, BlkIOEntry),
  sectorsRecursive: many(8, BlkIOEntry),
});

export type RdmaEntry = MessageOf<typeof RdmaEntry>;
export const RdmaEntry = message({
  device: text(1),
  hcaHandles: uint(2),
  hcaObjects: uint(3),
});

export type RdmaStat = MessageOf<typeof RdmaStat>;
export const RdmaStat = message({
  current: many(1, RdmaEntry),
  limit: many(2, RdmaEntry),
});

export type NetworkStat = MessageOf<typeof NetworkStat>;
export const NetworkStat = message({
  name: text(1),
  rxBytes: uint64(2),
  rxPackets: uint64(3),
  rxErrors: uint64(4),
  rxDropped: uint64(5),
  txBytes: uint64(6),
  txPackets: uint64(7),
  txErrors: uint64(8),
  txDropped: uint64(9),
});

export type CgroupStats = MessageOf<typeof CgroupStats>;
export const CgroupStats = message({
  nrSleeping: uint64(1),
  nrRunning: uint64(2),
  nrStopped: uint64(3),
  nrUninterruptible: uint64(4),
  nrIoWait: uint64(5),
});

export type MemoryOomControl = MessageOf<typeof MemoryOomControl>;
export const MemoryOomControl = message({
  oomKillDisable: uint64(1),
  underOom: uint64(2),
  oomKill: uint64(3),
});

/** What a shim reports of a container's cgroup (version 1); an Any of type io.containerd.cgroups.v1.Metrics. Counters of memory.stat have the kernel's names. */
export type Metrics = MessageOf<typeof Metrics>;
export const Metrics = message({
  hugetlb: many(1, HugetlbStat),
  pids: one(2, PidsStat),
  cpu: one(3, CPUStat),
  memory: one(4, MemoryStat),
  blkio: one(5, BlkIOStat),
  rdma: one(6, RdmaStat),
  network: many(7, NetworkStat),
  cgroupStats: one(8, CgroupStats),
  memoryOomControl: one(9, MemoryOomControl),
});
