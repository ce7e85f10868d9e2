/** What CRIU is asked by its RPC, and what it answers (criu's images/rpc.proto, proto2): the fields in use. */
import { flag, given, many, one, text, texts, uint } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";

/** criu_req_type. */
export const REQUEST = { dump: 1, restore: 2, preDump: 4, notify: 6, featureCheck: 9 } as const;

const REQUEST_NAMES: Readonly<Record<number, string>> = {
  1: "DUMP",
  2: "RESTORE",
  4: "PRE_DUMP",
  6: "NOTIFY",
  9: "FEATURE_CHECK",
};

/** As error messages call a type. */
export const requestName = (type: number): string => REQUEST_NAMES[type] ?? String(type);

/** criu_cg_mode, by the words of --manage-cgroups-mode. */
export const CGROUP_MODES = { ignore: 0, soft: 3, full: 4, strict: 5, default: 6 } as const;

const PageServer = message({ address: text(1), port: uint(2) });
const ExternalMount = message({ key: text(1), val: text(2) });
const JoinNamespace = message({ ns: text(1), nsFile: text(2) });
const InheritFd = message({ key: text(1), fd: given(2) });
/** Without a controller: for all that are not named. */
const CgroupRoot = message({ ctrl: text(1), path: text(2) });

/** criu_opts. Descriptors of folders are the caller's; those of inheritFd are CRIU's own. */
export const CriuOptions = message({
  imagesDirFd: given(1),
  pid: uint(2),
  leaveRunning: flag(3),
  extUnixSk: flag(4),
  tcpEstablished: flag(5),
  evasiveDevices: flag(6),
  shellJob: flag(7),
  fileLocks: flag(8),
  logLevel: uint(9),
  logFile: text(10),
  pageServer: one(11, PageServer),
  notifyScripts: flag(12),
  root: text(13),
  parentImage: text(14),
  trackMemory: flag(15),
  autoDedup: flag(16),
  workDirFd: given(17),
  linkRemap: flag(18),
  externalMounts: many(23, ExternalMount),
  manageCgroups: flag(24),
  cgroupRoots: many(25, CgroupRoot),
  restoreSibling: flag(26),
  inheritFds: many(27, InheritFd),
  manageCgroupsMode: given(34),
  external: texts(37),
  /** A mask of clone(2) flags. */
  emptyNamespaces: uint(38),
  joinNamespaces: many(39, JoinNamespace),
  freezeCgroup: text(44),
  tcpSkipInFlight: flag(46),
  lazyPages: flag(48),
  orphanPtsMaster: flag(50),
  configFile: text(51),
  lsmProfile: text(53),
  lsmMountContext: text(63),
});

const CriuFeatures = message({ memoryTracking: flag(1), lazyPages: flag(2) });

export const CriuRequest = message({
  type: uint(1),
  options: one(2, CriuOptions),
  notifySuccess: given(3),
  features: one(5, CriuFeatures),
});

export const CriuResponse = message({
  type: uint(1),
  success: flag(2),
  restore: one(4, message({ pid: uint(1) })),
  notify: one(5, message({ script: text(1), pid: uint(2) })),
  errno: uint(7),
  features: one(8, CriuFeatures),
  errorMessage: text(9),
});
