/** What a cgroup uses, in the form that `runc events` prints. */
import { readSmallFile } from "../fd.ts";
import { listFolder } from "../folder.ts";
import { type Cgroup, folderOf } from "./cgroup.ts";

/** USER_HZ is 100 wherever Linux containers run. */
const NANOS_PER_TICK = 10_000_000;

/** A file of the folder, "" when this kernel does not have it. */
function read(folder: string, file: string): string {
  try {
    return readSmallFile(`${folder}/${file}`);
  } catch {
    return "";
  }
}

const numbers = (text: string) => text.trim().split(/\s+/).filter(Boolean).map(Number);
const number = (folder: string, file: string) => {
  const text = read(folder, file).trim();
  return text === "max" ? Number.MAX_SAFE_INTEGER : Number(text) || 0;
};

function counters(folder: string, file: string): Record<string, number> {
  const lines = read(folder, file).trim().split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => line.split(" ")).map(([name, value]) => [name, Number(value)]),
  );
}

function cpuV1(usage: string, throttling: string | undefined) {
  const ticks = counters(usage, "cpuacct.stat");
  // "cpu user system", then a line for each processor.
  const cpus = read(usage, "cpuacct.usage_all").trim().split("\n").slice(1).map(numbers);
  const throttled = throttling === undefined ? {} : counters(throttling, "cpu.stat");
  return {
    usage: {
      total: number(usage, "cpuacct.usage"),
      percpu: numbers(read(usage, "cpuacct.usage_percpu")),
      percpu_kernel: cpus.map(([, , kernel]) => kernel ?? 0),
      percpu_user: cpus.map(([, user]) => user ?? 0),
      kernel: (ticks["system"] ?? 0) * NANOS_PER_TICK,
      user: (ticks["user"] ?? 0) * NANOS_PER_TICK,
    },
    throttling: {
      periods: throttled["nr_periods"] ?? 0,
      throttledPeriods: throttled["nr_throttled"] ?? 0,
      throttledTime: throttled["throttled_time"] ?? 0,
    },
  };
}

function cpuV2(folder: string) {
  const stat = counters(folder, "cpu.stat");
  const nanos = (name: string) => (stat[`${name}_usec`] ?? 0) * 1000;
  return {
    usage: { total: nanos("usage"), kernel: nanos("system"), user: nanos("user") },
    throttling: {
      periods: stat["nr_periods"] ?? 0,
      throttledPeriods: stat["nr_throttled"] ?? 0,
      throttledTime: nanos("throttled"),
    },
  };
}

function memoryV1(folder: string) {
  const entry = (prefix: string) => ({
    limit: number(folder, `${prefix}.limit_in_bytes`),
    usage: number(folder, `${prefix}.usage_in_bytes`),
    max: number(folder, `${prefix}.max_usage_in_bytes`),
    failcnt: number(folder, `${prefix}.failcnt`),
  });
  const raw = counters(folder, "memory.stat");
  return {
    cache: raw["cache"] ?? 0,
    usage: entry("memory"),
    swap: entry("memory.memsw"),
    kernel: entry("memory.kmem"),
    kernelTCP: entry("memory.kmem.tcp"),
    raw,
  };
}

function memoryV2(folder: string) {
  const raw = counters(folder, "memory.stat");
  const entry = (prefix: string) => ({
    limit: number(folder, `${prefix}.max`),
    usage: number(folder, `${prefix}.current`),
    max: number(folder, `${prefix}.peak`),
    failcnt: counters(folder, `${prefix}.events`)["max"] ?? 0,
  });
  return { cache: raw["file"] ?? 0, usage: entry("memory"), swap: entry("memory.swap"), raw };
}

const hugePageSizes = (folder: string) =>
  listFolder(folder).flatMap(
    ({ name }) => /^hugetlb\.([^.]+)\.(?:limit_in_bytes|max)$/.exec(name)?.[1] ?? [],
  );

function hugetlb(folder: string, version: 1 | 2) {
  const [usage, max] = version === 1 ? ["usage_in_bytes", "max_usage_in_bytes"] : ["current", "max"];
  return Object.fromEntries(
    hugePageSizes(folder).map((size) => [
      size,
      {
        usage: number(folder, `hugetlb.${size}.${usage}`),
        max: number(folder, `hugetlb.${size}.${max}`),
        failcnt: version === 1 ? number(folder, `hugetlb.${size}.failcnt`) : 0,
      },
    ]),
  );
}

/** Lines of "MAJOR:MINOR Operation VALUE". */
function blockEntries(text: string) {
  return text.split("\n").flatMap((line) => {
    const [, major, minor, op, value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? [];
    return major === undefined
      ? []
      : [{ major: Number(major), minor: Number(minor), op, value: Number(value) }];
  });
}

function blockV1(folder: string) {
  const ioServiceBytesRecursive = blockEntries(read(folder, "blkio.throttle.io_service_bytes_recursive"));
  const ioServicedRecursive = blockEntries(read(folder, "blkio.throttle.io_serviced_recursive"));
  return {
    ...(ioServiceBytesRecursive.length > 0 ? { ioServiceBytesRecursive } : {}),
    ...(ioServicedRecursive.length > 0 ? { ioServicedRecursive } : {}),
  };
}

function blockV2(folder: string) {
  const bytes = [];
  const counts = [];
  for (const line of read(folder, "io.stat").trim().split("\n").filter(Boolean)) {
    const [device, ...fields] = line.split(" ");
    const [major, minor] = device!.split(":").map(Number);
    for (const [name, value] of fields.map((field) => field.split("="))) {
      const entry = (op: string) => ({ major, minor, op, value: Number(value) });
      if (name === "rbytes") bytes.push(entry("Read"));
      else if (name === "wbytes") bytes.push(entry("Write"));
      else if (name === "rios") counts.push(entry("Read"));
      else if (name === "wios") counts.push(entry("Write"));
    }
  }
  return { ioServiceBytesRecursive: bytes, ioServicedRecursive: counts };
}

/** Numbers of a list such as "0-2,7". */
function listed(text: string): number[] {
  const found: number[] = [];
  for (const part of text.trim().split(",").filter(Boolean)) {
    const [first, last = first] = part.split("-").map(Number);
    for (let number = first!; number <= last!; number++) found.push(number);
  }
  return found;
}

/** Files of cpuset v1 that hold one number; the document has them under these names. */
const CPUSET_NUMBERS = [
  ...["cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page"],
  ...["memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"],
];

function cpusetV1(folder: string) {
  return {
    cpus: listed(read(folder, "cpuset.cpus")),
    mems: listed(read(folder, "cpuset.mems")),
    ...Object.fromEntries(CPUSET_NUMBERS.map((name) => [name, number(folder, `cpuset.${name}`)])),
  };
}

/** The statistics document; times in ns, sizes in bytes. Controllers that the host lacks are left out. */
export function collectStats(cgroup: Cgroup) {
  const at = (controller: string) => folderOf(cgroup, controller);
  const memory = at("memory");
  const pids = at("pids");
  const huge = at("hugetlb");
  const block = at("blkio");
  const io = at("io");
  const accounting = at("cpuacct")?.path;
  const cpu = at("cpu");
  const cpuset = at("cpuset");
  return {
    cpu: accounting !== undefined ? cpuV1(accounting, cpu?.path) : cpu ? cpuV2(cpu.path) : {},
    memory: memory ? (memory.version === 1 ? memoryV1(memory.path) : memoryV2(memory.path)) : {},
    ...(cpuset?.version === 1 ? { cpuset: cpusetV1(cpuset.path) } : {}),
    pids: pids ? { current: number(pids.path, "pids.current"), limit: number(pids.path, "pids.max") } : {},
    blkio: block ? blockV1(block.path) : io ? blockV2(io.path) : {},
    hugetlb: huge ? hugetlb(huge.path, huge.version) : {},
    intel_rdt: {},
    network_interfaces: null,
  };
}
