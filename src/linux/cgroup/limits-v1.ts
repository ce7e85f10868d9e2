/** Resource limits on cgroup v1: which file of which controller takes which member of linux.resources. */
import { invalidArgument, systemError } from "../../errors/errors.ts";
import type { LinuxResources, LinuxThrottleDevice } from "../../oci/runtime-spec.ts";
import { readSmallFile } from "../fd.ts";
import { type Cgroup, folderOf } from "./cgroup.ts";
import { deviceRules } from "./devices.ts";

/** One write: the controller, its file, the text, and the member of linux.resources that asks for it. */
export interface ControlWrite {
  controller: string;
  file: string;
  text: string;
  tag: string;
  /** Nothing is lost where this kernel does not have the file. */
  optional?: true;
}

/** What a size of memory looks like in a control file: -1 for "no limit". */
const bytes = (n: number) => String(Math.trunc(n));

function memoryWrites(
  memory: NonNullable<LinuxResources["memory"]>,
  currentLimit: () => number,
): ControlWrite[] {
  const writes: ControlWrite[] = [];
  const add = (member: string, file: string, value: number | undefined) => {
    if (value !== undefined && value !== 0)
      writes.push({
        controller: "memory",
        file: `memory.${file}`,
        text: bytes(value),
        tag: `memory.${member}`,
      });
  };
  // Without a limit of memory, one of memory and swap together makes no sense.
  const implied = memory.limit === -1 && !memory.swap;
  if (implied)
    writes.push({
      controller: "memory",
      file: "memory.memsw.limit_in_bytes",
      text: "-1",
      tag: "memory.limit",
      optional: true,
    });
  const swapFirst =
    memory.limit !== undefined &&
    memory.swap !== undefined &&
    (memory.swap === -1 || (memory.limit !== -1 && memory.limit > currentLimit()));
  // The kernel wants limit <= swap at all times: when both grow, swap goes first.
  if (swapFirst) add("swap", "memsw.limit_in_bytes", memory.swap);
  add("limit", "limit_in_bytes", memory.limit);
  if (!swapFirst) add("swap", "memsw.limit_in_bytes", memory.swap);
  add("reservation", "soft_limit_in_bytes", memory.reservation);
  add("kernelTCP", "kmem.tcp.limit_in_bytes", memory.kernelTCP);
  if (memory.swappiness !== undefined && memory.swappiness <= 100)
    writes.push({
      controller: "memory",
      file: "memory.swappiness",
      text: String(memory.swappiness),
      tag: "memory.swappiness",
    });
  if (memory.disableOOMKiller)
    writes.push({
      controller: "memory",
      file: "memory.oom_control",
      text: "1",
      tag: "memory.disableOOMKiller",
    });
  return writes;
}

function cpuWrites(cpu: NonNullable<LinuxResources["cpu"]>): ControlWrite[] {
  const writes: ControlWrite[] = [];
  const add = (member: string, file: string, value: number | undefined, controller = "cpu") => {
    if (value !== undefined && value !== 0)
      writes.push({ controller, file: `cpu.${file}`, text: String(value), tag: `cpu.${member}` });
  };
  // Of one that is idle the kernel takes no weight.
  if (cpu.idle !== 1) add("shares", "shares", cpu.shares);
  add("realtimePeriod", "rt_period_us", cpu.realtimePeriod);
  add("realtimeRuntime", "rt_runtime_us", cpu.realtimeRuntime);
  add("period", "cfs_period_us", cpu.period);
  add("quota", "cfs_quota_us", cpu.quota);
  if (cpu.burst !== undefined)
    writes.push({ controller: "cpu", file: "cpu.cfs_burst_us", text: String(cpu.burst), tag: "cpu.burst" });
  if (cpu.idle !== undefined)
    writes.push({ controller: "cpu", file: "cpu.idle", text: String(cpu.idle), tag: "cpu.idle" });
  if (cpu.cpus) writes.push({ controller: "cpuset", file: "cpuset.cpus", text: cpu.cpus, tag: "cpu.cpus" });
  if (cpu.mems) writes.push({ controller: "cpuset", file: "cpuset.mems", text: cpu.mems, tag: "cpu.mems" });
  return writes;
}

function blockWrites(block: NonNullable<LinuxResources["blockIO"]>): ControlWrite[] {
  const writes: ControlWrite[] = [];
  const add = (member: string, file: string, text: string) =>
    writes.push({ controller: "blkio", file: `blkio.${file}`, text, tag: `blockIO.${member}` });
  const rates = (member: string, file: string, devices: LinuxThrottleDevice[] | undefined) => {
    for (const d of devices ?? []) add(member, `throttle.${file}`, `${d.major}:${d.minor} ${d.rate}`);
  };
  if (block.weight) add("weight", "bfq.weight", String(block.weight));
  for (const d of block.weightDevice ?? [])
    if (d.weight) add("weightDevice", "bfq.weight_device", `${d.major}:${d.minor} ${d.weight}`);
  rates("throttleReadBpsDevice", "read_bps_device", block.throttleReadBpsDevice);
  rates("throttleWriteBpsDevice", "write_bps_device", block.throttleWriteBpsDevice);
  rates("throttleReadIOPSDevice", "read_iops_device", block.throttleReadIOPSDevice);
  rates("throttleWriteIOPSDevice", "write_iops_device", block.throttleWriteIOPSDevice);
  return writes;
}

/** What becomes part of a control file's name must not lead to another folder. */
export function refuseFolders(member: string, name: string): void {
  if (name.includes("/"))
    throw invalidArgument(
      `linux.resources.${member}: ${JSON.stringify(name)} must be a file name (no slashes)`,
    );
}

function otherWrites(resources: LinuxResources): ControlWrite[] {
  const writes: ControlWrite[] = [];
  for (const { pageSize, limit } of resources.hugepageLimits ?? []) {
    refuseFolders("hugepageLimits", pageSize);
    writes.push({
      controller: "hugetlb",
      file: `hugetlb.${pageSize}.limit_in_bytes`,
      text: String(limit),
      tag: "hugepageLimits",
    });
  }
  if (resources.network?.classID)
    writes.push({
      controller: "net_cls",
      file: "net_cls.classid",
      text: String(resources.network.classID),
      tag: "network.classID",
    });
  for (const { name, priority } of resources.network?.priorities ?? [])
    writes.push({
      controller: "net_prio",
      file: "net_prio.ifpriomap",
      text: `${name} ${priority}`,
      tag: "network.priorities",
    });
  for (const [device, limit] of Object.entries(resources.rdma ?? {}))
    writes.push({
      controller: "rdma",
      file: "rdma.max",
      text: `${device} hca_handle=${limit.hcaHandles ?? "max"} hca_object=${limit.hcaObjects ?? "max"}`,
      tag: "rdma",
    });
  return writes;
}

/** The writes for linux.resources, in the order in which the kernel takes them; devices only when `devices`. */
export function v1Writes(
  resources: LinuxResources,
  options: { devices: boolean; currentMemoryLimit?: () => number },
): ControlWrite[] {
  const writes: ControlWrite[] = [];
  if (options.devices)
    for (const rule of deviceRules(resources.devices ?? []))
      writes.push({
        controller: "devices",
        file: rule.allow ? "devices.allow" : "devices.deny",
        text: rule.text,
        tag: "devices",
      });
  if (resources.memory)
    writes.push(...memoryWrites(resources.memory, options.currentMemoryLimit ?? (() => Number.MAX_VALUE)));
  if (resources.cpu) writes.push(...cpuWrites(resources.cpu));
  if (resources.pids?.limit)
    writes.push({
      controller: "pids",
      file: "pids.max",
      text: resources.pids.limit > 0 ? String(resources.pids.limit) : "max",
      tag: "pids.limit",
    });
  if (resources.blockIO) writes.push(...blockWrites(resources.blockIO));
  return writes.concat(otherWrites(resources));
}

/** The memory limit that a cgroup has now, in bytes. */
export function currentMemoryLimit(cgroup: Cgroup): number {
  const folder = folderOf(cgroup, "memory");
  if (!folder) throw systemError("this host has no memory cgroup");
  return Number(readSmallFile(`${folder.path}/memory.limit_in_bytes`));
}
