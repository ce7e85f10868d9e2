/** What each task uses, under the names that containerd has for it. */
import { Metrics as MetricsV1 } from "../../proto/io/containerd/cgroups/v1/metrics.ts";
import { Metrics as MetricsV2 } from "../../proto/io/containerd/cgroups/v2/metrics.ts";
import type { Task } from "../tasks/task.ts";
import { figuresV1 } from "./cgroup-v1.ts";
import { figuresV2 } from "./cgroup-v2.ts";
import type { Figure } from "./figure.ts";
import type { Family, Sample } from "./text.ts";

/** A shim that hangs must not hold up the others' figures. */
const TIMEOUT = 2_000;

/** A task, with its runtime's name. */
export interface Measured {
  task: Task;
  runtime: string;
}

async function figuresOf(task: Task): Promise<Figure[]> {
  try {
    const { stats } = await task.rpc.stats({ id: task.id }, { timeout: TIMEOUT });
    if (!stats) return [];
    return stats.typeUrl.endsWith("cgroups.v2.Metrics")
      ? figuresV2(MetricsV2.decode(stats.value))
      : figuresV1(MetricsV1.decode(stats.value));
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** Asks all shims; a task that ends meanwhile is left out. */
export async function containerFamilies(measured: readonly Measured[]): Promise<Family[]> {
  const samples = new Map<string, Sample[]>();
  const ask = async ({ task, runtime }: Measured) => {
    const own = { container_id: task.id, namespace: task.namespace, runtime };
    for (const { name, value, labels } of await figuresOf(task)) {
      if (value === undefined) continue;
      const all = samples.get(name) ?? [];
      all.push({ labels: { ...own, ...labels }, value });
      samples.set(name, all);
    }
  };
  await Promise.all(measured.map(ask));
  return [...samples].sort(byName).map(([name, found]) => ({
    name: `container_${name}`,
    help: `The ${name.replaceAll("_", " ")} of a container.`,
    type: "gauge",
    samples: found,
  }));
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
