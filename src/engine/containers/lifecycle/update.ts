import type { HostConfig } from "../../../api/schema.ts";
import { conflict, messageOf, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import { checkResources, checkRestart } from "../create/check.ts";
import { dropUnsupported } from "../create/kernel-support.ts";
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
    checkResources(change, true);
    checkRestart(change);
    const warnings: string[] = [];
    const wanted = { ...change };
    dropUnsupported(wanted, warnings);
    // Swap is not changed by what follows from the memory.
    if (!change.MemorySwap) delete wanted.MemorySwap;
    const refuse = (why: string) => {
      throw conflict(`Cannot update container ${id}: ${why}`);
    };
    refuseClash(hostConfig, wanted, refuse);
    const updated = merged(hostConfig, wanted);
    if (updated.AutoRemove && !["", "no"].includes(updated.RestartPolicy?.Name ?? ""))
      refuse("Restart policy cannot be updated because AutoRemove is enabled for the container");
    const limited = LIMITS.some((name) => isGiven(name, wanted[name]));
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
    return warnings;
  });
}

/** What the container has cannot be had together with what is wanted; in stock's words. */
function refuseClash(current: HostConfig, wanted: HostConfig, refuse: (why: string) => void): void {
  const clash = (changed: string, what: string) =>
    refuse(`Conflicting options: ${changed} cannot be updated as ${what} has already been set`);
  if (wanted.NanoCpus && current.CpuPeriod) clash("Nano CPUs", "CPU Period");
  if (wanted.NanoCpus && current.CpuQuota) clash("Nano CPUs", "CPU Quota");
  if (wanted.CpuPeriod && current.NanoCpus) clash("CPU Period", "NanoCPUs");
  if (wanted.CpuQuota && current.NanoCpus) clash("CPU Quota", "NanoCPUs");
  // The kernel refuses more memory than memory and swap together.
  const swap = current.MemorySwap ?? 0;
  if (wanted.Memory && !wanted.MemorySwap && wanted.Memory > swap && swap !== -1)
    refuse(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
}

/** Zero and "" mean: as it is; but of processes, no limit. */
const isGiven = (name: (typeof LIMITS)[number], value: unknown): boolean =>
  value != null && value !== "" && (value !== 0 || name === "PidsLimit");

function merged(current: HostConfig, change: HostConfig): HostConfig {
  const updated: HostConfig = { ...current };
  for (const name of LIMITS) {
    const value = change[name];
    if (isGiven(name, value)) Object.assign(updated, { [name]: value });
  }
  if (change.PidsLimit != null) updated.PidsLimit = Math.max(0, change.PidsLimit);
  const policy = change.RestartPolicy;
  if (policy?.Name) {
    updated.RestartPolicy = { Name: policy.Name, MaximumRetryCount: policy.MaximumRetryCount ?? 0 };
  }
  return updated;
}
