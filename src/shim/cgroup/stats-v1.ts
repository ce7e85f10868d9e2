/** Counters of the v1 hierarchies. */
import { Metrics } from "../../proto/io/containerd/cgroups/v1/metrics.ts";
import { fieldsOf, namesIn, readCounters, readNumber, readText, toNumber } from "./files.ts";

/** USER_HZ: the unit of cpuacct.stat is 1/100 s on every architecture that Linux containers run on. */
const NANOS_PER_TICK = 10_000_000n;

/** Reads what is there: `folders` is the folder per controller. */
export function collectV1(folders: ReadonlyMap<string, string>): Uint8Array {
  const at = <T>(controller: string, read: (folder: string) => T): T | undefined => {
    const folder = folders.get(controller);
    return folder === undefined ? undefined : read(folder);
  };
  const cpuacct = at("cpuacct", cpuUsage);
  const throttling = at("cpu", cpuThrottling);
  return Metrics.encode({
    hugetlb: at("hugetlb", hugetlb) ?? [],
    pids: at("pids", (folder) => ({
      current: readNumber(`${folder}/pids.current`),
      limit: pidsLimit(readText(`${folder}/pids.max`)),
    })),
    cpu: { usage: cpuacct, throttling },
    memory: at("memory", memory),
    blkio: at("blkio", blkio),
    memoryOomControl: at("memory", (folder) => fieldsOf(readCounters(`${folder}/memory.oom_control`))),
  });
}

/** No limit is 0 here, as clients expect. */
const pidsLimit = (text: string): bigint => (text.trim() === "max" ? 0n : toNumber(text));

function cpuUsage(folder: string) {
  const stat = readCounters(`${folder}/cpuacct.stat`);
  return {
    total: readNumber(`${folder}/cpuacct.usage`),
    user: (stat["user"] ?? 0n) * NANOS_PER_TICK,
    kernel: (stat["system"] ?? 0n) * NANOS_PER_TICK,
    perCpu: readText(`${folder}/cpuacct.usage_percpu`).split(" ").filter(isNumber).map(BigInt),
  };
}

const isNumber = (word: string): boolean => /^\d+$/.test(word);

function cpuThrottling(folder: string) {
  const stat = readCounters(`${folder}/cpu.stat`);
  return {
    periods: stat["nr_periods"],
    throttledPeriods: stat["nr_throttled"],
    throttledTime: stat["throttled_time"],
  };
}

function memory(folder: string) {
  const entry = (module: string) => {
    const file = `${folder}/memory${module === "" ? "" : `.${module}`}`;
    return {
      limit: readNumber(`${file}.limit_in_bytes`),
      usage: readNumber(`${file}.usage_in_bytes`),
      max: readNumber(`${file}.max_usage_in_bytes`),
      failcnt: readNumber(`${file}.failcnt`),
    };
  };
  return {
    ...fieldsOf(readCounters(`${folder}/memory.stat`)),
    usage: entry(""),
    swap: entry("memsw"),
    kernel: entry("kmem"),
    kernelTcp: entry("kmem.tcp"),
  };
}

function hugetlb(folder: string) {
  return namesIn(folder, /^hugetlb\.(.+)\.limit_in_bytes$/).map((pagesize) => ({
    pagesize,
    usage: readNumber(`${folder}/hugetlb.${pagesize}.usage_in_bytes`),
    max: readNumber(`${folder}/hugetlb.${pagesize}.max_usage_in_bytes`),
    failcnt: readNumber(`${folder}/hugetlb.${pagesize}.failcnt`),
  }));
}

/** Block I/O: by the throttling layer, which counts with every scheduler. */
function blkio(folder: string) {
  const bytes = blkioEntries(`${folder}/blkio.throttle.io_service_bytes_recursive`);
  const serviced = blkioEntries(`${folder}/blkio.throttle.io_serviced_recursive`);
  return {
    ioServiceBytesRecursive:
      bytes.length > 0 ? bytes : blkioEntries(`${folder}/blkio.throttle.io_service_bytes`),
    ioServicedRecursive:
      serviced.length > 0 ? serviced : blkioEntries(`${folder}/blkio.throttle.io_serviced`),
  };
}

/** Lines of "major:minor operation value"; the last, a total without a device, is left out. */
function blkioEntries(path: string) {
  return readText(path)
    .split("\n")
    .flatMap((line) => {
      const [, major, minor, op, value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? [];
      if (major === undefined || minor === undefined || op === undefined || value === undefined) return [];
      return { op, major: BigInt(major), minor: BigInt(minor), value: BigInt(value) };
    });
}
