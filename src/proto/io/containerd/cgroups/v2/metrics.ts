// Generated from proto/io/containerd/cgroups/v2/metrics.proto by make proto: change that, not this.
import { double, many, one, text, uint, uint64 } from "../../../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../../../protobuf/message.ts";

export type PidsStat = MessageOf<typeof PidsStat>;
export const PidsStat = message({
  current: uint64(1),
  limit: uint64(2),
});

export type PSIData = MessageOf<typeof PSIData>;
export const PSIData = message({
  avg10: double(1),
  avg60: double(2),
  avg300: double(3),
  total: uint64(4),
});

export type PSIStats = MessageOf<typeof PSIStats>;
export const PSIStats = message({
  some: one(1, PSIData),
  full: one(2, PSIData),
});

export type CPUStat = MessageOf<typeof CPUStat>;
export const CPUStat = message({
  usageUsec: uint64(1),
  userUsec: uint64(2),
  systemUsec: uint64(3),
  nrPeriods: uint64(4),
  nrThrottled: uint64(5),
  throttledUsec: uint64(6),
  psi: one(7, PSIStats),
  nrBursts: uint64(8),
  burstUsec: uint64(9),
});

export type MemoryStat = MessageOf<typeof MemoryStat>;
export const MemoryStat = message({
  anon: uint64(1),
  file: uint64(2),
  kernelStack: uint64(3),
  slab: uint64(4),
  sock: uint64(5),
  shmem: uint64(6),
  fileMapped: uint64(7),
  fileDirty: uint64(8),
  fileWriteback: uint64(9),
  anonThp: uint64(10),
  inactiveAnon: uint64(11),
  activeAnon: uint64(12),
  inactiveFile: uint64(13),
  activeFile: uint64(14),
  unevictable: uint64(15),
  slabReclaimable: uint64(16),
  slabUnreclaimable: uint64(17),
  pgfault: uint64(18),
  pgmajfault: uint64(19),
  workingsetRefault: uint64(20),
  workingsetActivate: uint64(21),
  workingsetNodereclaim: uint64(22),
  pgrefill: uint64(23),
  pgscan: uint64(24),
  pgsteal: uint64(25),
  pgactivate: uint64(26),
  pgdeactivate: uint64(27),
  pglazyfree: uint64(28),
  pglazyfreed: uint64(29),
  thpFaultAlloc: uint64(30),
  thpCollapseAlloc: uint64(31),
  usage: uint64(32),
  usageLimit: uint64(33),
  swapUsage: uint64(34),
  swapLimit: uint64(35),
  maxUsage: uint64(36),
  swapMaxUsage: uint64(37),
  psi: one(38, PSIStats),
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

export type IOEntry = MessageOf<typeof IOEntry>;
export const IOEntry = message({
  major: uint64(1),
  minor: uint64(2),
  rbytes: uint64(3),
  wbytes: uint64(4),
  rios: uint64(5),
  wios: uint64(6),
});

export type IOStat = MessageOf<typeof IOStat>;
export const IOStat = message({
  usage: many(1, IOEntry),
  psi: one(2, PSIStats),
});

export type HugeTlbStat = MessageOf<typeof HugeTlbStat>;
export const HugeTlbStat = message({
  current: uint64(1),
  max: uint64(2),
  pagesize: text(3),
  failcnt: uint64(4),
});

export type MemoryEvents = MessageOf<typeof MemoryEvents>;
export const MemoryEvents = message({
  low: uint64(1),
  high: uint64(2),
  max: uint64(3),
  oom: uint64(4),
  oomKill: uint64(5),
  oomGroupKill: uint64(6),
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

/** What a shim reports of a container's cgroup (version 2); an Any of type io.containerd.cgroups.v2.Metrics. */
export type Metrics = MessageOf<typeof Metrics>;
export const Metrics = message({
  pids: one(1, PidsStat),
  cpu: one(2, CPUStat),
  memory: one(4, MemoryStat),
  rdma: one(5, RdmaStat),
  io: one(6, IOStat),
  hugetlb: many(7, HugeTlbStat),
  memoryEvents: one(8, MemoryEvents),
  network: many(9, NetworkStat),
});
