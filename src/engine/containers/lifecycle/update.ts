import type { HostConfig } from "../../../api/schema.ts";
import { conflict, invalidArgument, messageOf, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import { checkHostConfig, checkResources } from "../create/check.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveHostConfig } from "../record.ts";
import { resourcesOf } from "../spec/resources.ts";

const LIMITS = [
  "BlkioWeight",
  "CpuShares",
  "NanoCpus",
  "CpuPeriod",
  "CpuQuota",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "CpusetCpus",
  "CpusetMems",
  "Memory",
  "MemorySwap",
  "MemoryReservation",
  "PidsLimit",
] as const;

/** Changes limits and the restart policy, of a running container too. Errors: invalidArgument, conflict. */
export function updateContainer(env: Env, container: Container, change: HostConfig): Promise<string[]> {
  return container.lock.run(async () => {
    const { state, hostConfig, id } = container;
    if (state.status === "removing" || state.status === "dead") {
      throw conflict(
        `Cannot update container ${id}: container is marked for removal and cannot be "update".`,
      );
    }
    const updated = merged(hostConfig, change);
    checkHostConfig(updated, Object.keys(env.runtimes));
    checkResources(updated);
    if (updated.AutoRemove && !["", "no"].includes(updated.RestartPolicy?.Name ?? "")) {
      throw invalidArgument(
        "Restart policy cannot be updated because AutoRemove is enabled for the container",
      );
    }
    const limited = LIMITS.some((name) => change[name] != null && change[name] !== 0 && change[name] !== "");
    if (state.hasTask && limited) {
      try {
        await env.containerd.update(id, resourcesOf(updated));
      } catch (cause) {
        throw systemError(`Cannot update container ${id}: ${messageOf(cause)}`, { cause });
      }
    }
    container.facts.hostConfig = updated;
    saveHostConfig(container);
    publish(env, container, "update");
    return [];
  });
}

/** Zero and "" mean: as it is. */
function merged(current: HostConfig, change: HostConfig): HostConfig {
  const updated: HostConfig = { ...current };
  for (const name of LIMITS) {
    const value = change[name];
    if (value != null && value !== 0 && value !== "") Object.assign(updated, { [name]: value });
  }
  // A higher limit than the memory and swap together would be refused by the kernel.
  const memory = updated.Memory ?? 0;
  if (change.Memory && !change.MemorySwap && (updated.MemorySwap ?? 0) > 0 && memory > updated.MemorySwap!) {
    throw invalidArgument(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  }
  const policy = change.RestartPolicy;
  if (policy?.Name) {
    updated.RestartPolicy = { Name: policy.Name, MaximumRetryCount: policy.MaximumRetryCount ?? 0 };
  }
  return updated;
}
