import type { ContainerStatsResponse } from "../../../api/schema.ts";
import { isNotFound } from "../../../errors/errors.ts";
import { NEVER, now } from "../../time.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { hostUsage } from "./host.ts";
import { networkUsage } from "./network.ts";
import { usageOf } from "./usage.ts";

const INTERVAL_MS = 1000;
const NO_CPU = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

/** What is told of a container that does not run. */
function emptySample({ id, name }: Container): ContainerStatsResponse {
  return {
    name: `/${name}`,
    id,
    read: NEVER,
    preread: NEVER,
    pids_stats: {},
    blkio_stats: {
      io_service_bytes_recursive: [],
      io_serviced_recursive: null,
      io_queue_recursive: null,
      io_service_time_recursive: null,
      io_wait_time_recursive: null,
      io_merged_recursive: null,
      io_time_recursive: null,
      sectors_recursive: null,
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: NO_CPU,
    precpu_stats: NO_CPU,
    memory_stats: {},
  };
}

/** One sample; `before` gives the CPU counters that the client computes the load from. */
async function sample(
  env: Env,
  container: Container,
  before?: ContainerStatsResponse,
): Promise<ContainerStatsResponse> {
  const { id, state } = container;
  const empty = emptySample(container);
  if (!state.hasTask) return empty;
  const metrics = await env.containerd.metrics(id).catch((error) => {
    // It has ended just now.
    if (isNotFound(error) || !state.hasTask) return undefined;
    throw error;
  });
  if (!metrics) return empty;
  return {
    ...empty,
    ...(await usageOf(metrics, hostUsage())),
    read: now(),
    preread: before?.read ?? NEVER,
    precpu_stats: before?.cpu_stats ?? NO_CPU,
    ...networksOf(container),
  };
}

function networksOf({ config, hostConfig, state }: Container): { networks?: object } {
  if (config.NetworkDisabled || hostConfig.NetworkMode === "host") return {};
  try {
    const networks = networkUsage(state.pid);
    return Object.keys(networks).length === 0 ? {} : { networks };
  } catch {
    // The process has gone meanwhile.
    return {};
  }
}

/** A single sample; unless `oneShot`, with the CPU counters of a second ago beside it. */
export async function statsOf(
  env: Env,
  container: Container,
  oneShot: boolean,
  signal: AbortSignal,
): Promise<ContainerStatsResponse> {
  const first = await sample(env, container);
  if (oneShot || !container.state.hasTask) return first;
  await pause(signal);
  return sample(env, container, first);
}

/** A sample a second, until the client goes or the container is removed. */
export async function* statsStream(
  env: Env,
  container: Container,
  signal: AbortSignal,
): AsyncIterable<ContainerStatsResponse> {
  let before: ContainerStatsResponse | undefined;
  while (!signal.aborted && !container.removed) {
    const next = await sample(env, container, before);
    yield next;
    before = next.read === NEVER ? undefined : next;
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, INTERVAL_MS);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}
