/** Resource limits on cgroup v2, from members that the specification words for v1. */
import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import type { LinuxBlockIO, LinuxResources, LinuxThrottleDevice } from "../../oci/runtime-spec.ts";
import { writeControlFile } from "../fd.ts";
import type { CgroupFolder } from "./cgroup.ts";
import { attachDeviceProgram } from "./device-program.ts";
import { refuseFolders } from "./limits-v1.ts";

export interface V2Write {
  file: string;
  text: string;
  tag: string;
}

const orMax = (n: number) => (n < 0 ? "max" : String(Math.trunc(n)));

/** shares 2..262144 → weight 1..10000, by the formula that runc and systemd use. */
export function weightOfShares(shares: number): number {
  return Math.trunc(1 + ((shares - 2) * 9999) / 262142);
}

/** blkio weight 10..1000 → io weight 1..10000. */
function ioWeightOf(weight: number): number {
  return Math.trunc(1 + ((weight - 10) * 9999) / 990);
}

/** v1 counts memory and swap together, v2 swap alone. */
function swapMax(memory: NonNullable<LinuxResources["memory"]>): string | undefined {
  const { limit = 0, swap = 0 } = memory;
  if (swap === 0) return limit === -1 ? "max" : undefined;
  if (swap === -1) return "max";
  if (limit === 0 || limit === -1)
    throw systemError("linux.resources.memory.swap: unable to set swap limit without memory limit");
  if (swap < limit)
    throw systemError("linux.resources.memory.swap: memory+swap limit should be >= memory limit");
  return String(swap - limit);
}

function memoryWrites(memory: NonNullable<LinuxResources["memory"]>): V2Write[] {
  const writes: V2Write[] = [];
  const swap = swapMax(memory);
  if (swap !== undefined) writes.push({ file: "memory.swap.max", text: swap, tag: "memory.swap" });
  if (memory.limit) writes.push({ file: "memory.max", text: orMax(memory.limit), tag: "memory.limit" });
  if (memory.reservation)
    writes.push({ file: "memory.low", text: orMax(memory.reservation), tag: "memory.reservation" });
  return writes;
}

function cpuWrites(cpu: NonNullable<LinuxResources["cpu"]>): V2Write[] {
  const writes: V2Write[] = [];
  if (cpu.idle !== undefined) writes.push({ file: "cpu.idle", text: String(cpu.idle), tag: "cpu.idle" });
  if (cpu.shares)
    writes.push({ file: "cpu.weight", text: String(weightOfShares(cpu.shares)), tag: "cpu.shares" });
  if (cpu.burst !== undefined)
    writes.push({ file: "cpu.max.burst", text: String(cpu.burst), tag: "cpu.burst" });
  if (cpu.quota || cpu.period) {
    const quota = cpu.quota && cpu.quota > 0 ? String(cpu.quota) : "max";
    writes.push({ file: "cpu.max", text: `${quota} ${cpu.period || 100000}`, tag: "cpu.quota" });
  }
  if (cpu.cpus) writes.push({ file: "cpuset.cpus", text: cpu.cpus, tag: "cpu.cpus" });
  if (cpu.mems) writes.push({ file: "cpuset.mems", text: cpu.mems, tag: "cpu.mems" });
  return writes;
}

function ioWrites(block: LinuxBlockIO): V2Write[] {
  const writes: V2Write[] = [];
  if (block.weight)
    writes.push({ file: "io.weight", text: String(ioWeightOf(block.weight)), tag: "blockIO.weight" });
  const rates = (member: string, key: string, devices: LinuxThrottleDevice[] | undefined) => {
    for (const d of devices ?? [])
      writes.push({
        file: "io.max",
        text: `${d.major}:${d.minor} ${key}=${d.rate}`,
        tag: `blockIO.${member}`,
      });
  };
  rates("throttleReadBpsDevice", "rbps", block.throttleReadBpsDevice);
  rates("throttleWriteBpsDevice", "wbps", block.throttleWriteBpsDevice);
  rates("throttleReadIOPSDevice", "riops", block.throttleReadIOPSDevice);
  rates("throttleWriteIOPSDevice", "wiops", block.throttleWriteIOPSDevice);
  return writes;
}

/** The writes for linux.resources, without devices. */
function v2Writes(resources: LinuxResources): V2Write[] {
  const writes: V2Write[] = [];
  if (resources.memory) writes.push(...memoryWrites(resources.memory));
  if (resources.cpu) writes.push(...cpuWrites(resources.cpu));
  if (resources.pids?.limit)
    writes.push({
      file: "pids.max",
      text: resources.pids.limit > 0 ? String(resources.pids.limit) : "max",
      tag: "pids.limit",
    });
  if (resources.blockIO) writes.push(...ioWrites(resources.blockIO));
  for (const { pageSize, limit } of resources.hugepageLimits ?? []) {
    refuseFolders("hugepageLimits", pageSize);
    writes.push({ file: `hugetlb.${pageSize}.max`, text: String(limit), tag: "hugepageLimits" });
  }
  for (const [device, limit] of Object.entries(resources.rdma ?? {}))
    writes.push({
      file: "rdma.max",
      text: `${device} hca_handle=${limit.hcaHandles ?? "max"} hca_object=${limit.hcaObjects ?? "max"}`,
      tag: "rdma",
    });
  for (const [file, text] of Object.entries(resources.unified ?? {})) {
    refuseFolders("unified", file);
    writes.push({ file, text, tag: `unified[${JSON.stringify(file)}]` });
  }
  return writes;
}

/** Writes the limits; with `devices` also attaches the program that guards device access. */
export async function applyV2(
  folder: CgroupFolder,
  resources: LinuxResources,
  options: { devices: boolean },
): Promise<void> {
  for (const { file, text, tag } of v2Writes(resources)) {
    const path = `${folder.path}/${file}`;
    try {
      writeControlFile(path, text);
    } catch (error) {
      const missing = errnoOf(error) === "ENOENT" ? " (the controller is not enabled here)" : "";
      throw systemError(
        `linux.resources.${tag}: write ${JSON.stringify(text)} to ${path}: ${errnoOf(error) ?? messageOf(error)}${missing}`,
        { cause: error },
      );
    }
  }
  if (options.devices) {
    attachDeviceProgram(folder.path, resources.devices ?? []);
  }
}
