import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { goArchitecture } from "../../oci/architecture.ts";

/** Facts of the machine, as `docker info` and `docker version` show them. */
export interface HostFacts {
  kernelVersion: string;
  /** PRETTY_NAME of os-release. */
  operatingSystem: string;
  osVersion: string;
  /** "x86_64" */
  machine: string;
  /** "amd64" */
  architecture: string;
  name: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  cgroupVersion: "1" | "2";
}

/** What `docker info` tells of the machine. */
export function hostFacts(): HostFacts {
  const release = osRelease();
  return {
    kernelVersion: os.release(),
    operatingSystem: release["PRETTY_NAME"] ?? "Linux",
    osVersion: release["VERSION_ID"] ?? "",
    machine: os.machine(),
    architecture: goArchitecture(),
    name: os.hostname(),
    cpus: os.availableParallelism(),
    memory: os.totalmem(),
    cgroupVersion: existsSync("/sys/fs/cgroup/cgroup.controllers") ? "2" : "1",
  };
}

function osRelease(): Record<string, string> {
  const path = ["/etc/os-release", "/usr/lib/os-release"].find((file) => existsSync(file));
  if (path === undefined) return {};
  const lines = readFileSync(path, "utf8").split("\n");
  return Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^(\w+)=(?:"(.*)"|(.*))$/.exec(line);
      return match ? [[match[1]!, match[2] ?? match[3] ?? ""]] : [];
    }),
  );
}

/** What the kernel lets limits be set for, as the fields of `docker info` have it. */
export function kernelSupport(): Record<string, boolean> {
  const has = (...paths: string[]) => paths.some((path) => existsSync(`/sys/fs/cgroup/${path}`));
  const v2 = has("cgroup.controllers");
  const cpu = v2 || has("cpu/cpu.cfs_period_us");
  return {
    MemoryLimit: v2 || has("memory"),
    SwapLimit: v2 || has("memory/memory.memsw.limit_in_bytes"),
    KernelMemory: !v2 && has("memory/memory.kmem.limit_in_bytes"),
    KernelMemoryTCP: !v2 && has("memory/memory.kmem.tcp.limit_in_bytes"),
    CpuCfsPeriod: cpu,
    CpuCfsQuota: cpu,
    CPUShares: v2 || has("cpu/cpu.shares"),
    CPUSet: v2 || has("cpuset"),
    PidsLimit: v2 || has("pids"),
    OomKillDisable: !v2 && has("memory/memory.oom_control"),
    BridgeNfIptables: existsSync("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    BridgeNfIp6tables: existsSync("/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
  };
}

/** Whether containers can be given a weight for block I/O: depends on the scheduler that the kernel was built with. */
export function hasBlockWeight(file = "blkio.weight"): boolean {
  return existsSync("/sys/fs/cgroup/cgroup.controllers") || existsSync(`/sys/fs/cgroup/blkio/${file}`);
}

/** True if the kernel filters IPv4 packets by forwarding at all. */
export function ipv4Forwarding(): boolean {
  try {
    return readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim() === "1";
  } catch {
    return false;
  }
}
