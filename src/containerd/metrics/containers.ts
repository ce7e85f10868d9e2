/** What each task uses, under the names that containerd has for it. */
import { Metrics as MetricsV1 } from "../../proto/io/containerd/cgroups/v1/metrics.ts";
import { Metrics as MetricsV2 } from "../../proto/io/containerd/cgroups/v2/metrics.ts";
import type { Task } from "../tasks/task.ts";
import type { Family } from "./text.ts";

/** A shim that hangs must not hold up the others' figures. */
const TIMEOUT = 2_000;

interface Usage {
  memory: bigint;
  memoryLimit: bigint;
  cpuNanoseconds: bigint;
  pids: bigint;
}

function usageOf(typeUrl: string, value: Uint8Array): Usage {
  if (typeUrl.endsWith("cgroups.v2.Metrics")) {
    const { memory, cpu, pids } = MetricsV2.decode(value);
    return {
      memory: memory?.usage ?? 0n,
      memoryLimit: memory?.usageLimit ?? 0n,
      cpuNanoseconds: (cpu?.usageUsec ?? 0n) * 1000n,
      pids: pids?.current ?? 0n,
    };
  }
  const { memory, cpu, pids } = MetricsV1.decode(value);
  return {
    memory: memory?.usage?.usage ?? 0n,
    memoryLimit: memory?.usage?.limit ?? 0n,
    cpuNanoseconds: cpu?.usage?.total ?? 0n,
    pids: pids?.current ?? 0n,
  };
}

const FAMILIES: { name: string; help: string; type: Family["type"]; of: (usage: Usage) => bigint }[] = [
  {
    name: "container_memory_usage_usage_bytes",
    help: "The memory that a container uses.",
    type: "gauge",
    of: ({ memory }) => memory,
  },
  {
    name: "container_memory_usage_limit_bytes",
    help: "The limit of a container's memory.",
    type: "gauge",
    of: ({ memoryLimit }) => memoryLimit,
  },
  {
    name: "container_cpu_total_nanoseconds",
    help: "The processor time that a container has had.",
    type: "counter",
    of: ({ cpuNanoseconds }) => cpuNanoseconds,
  },
  {
    name: "container_pids_current",
    help: "The processes and threads of a container.",
    type: "gauge",
    of: ({ pids }) => pids,
  },
];

/** Asks all shims; a task that ends meanwhile is left out. */
export async function containerFamilies(tasks: readonly Task[]): Promise<Family[]> {
  const ask = async (task: Task) => {
    try {
      const { stats } = await task.rpc.stats({ id: task.id }, { timeout: TIMEOUT });
      const labels = { container_id: task.id, namespace: task.namespace };
      return stats ? { labels, usage: usageOf(stats.typeUrl, stats.value) } : undefined;
    } catch {
      return undefined;
    }
  };
  const found = (await Promise.all(tasks.map(ask))).filter((one) => one !== undefined);
  return FAMILIES.map(({ name, help, type, of }) => ({
    name,
    help,
    type,
    samples: found.map(({ labels, usage }) => ({ labels, value: of(usage) })),
  }));
}
