/** process.scheduler and process.ioPriority → operations. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Process } from "../../oci/runtime-spec.ts";
import type { Op, Plan } from "../plan/ops.ts";

const POLICIES: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

const FLAGS: Readonly<Record<string, number>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01,
  SCHED_FLAG_RECLAIM: 0x02,
  SCHED_FLAG_DL_OVERRUN: 0x04,
  SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
};

const IO_CLASSES: Readonly<Record<string, number>> = {
  IOPRIO_CLASS_RT: 1,
  IOPRIO_CLASS_BE: 2,
  IOPRIO_CLASS_IDLE: 3,
};

function known(table: Readonly<Record<string, number>>, name: string, tag: string): number {
  const value = Object.hasOwn(table, name) ? table[name] : undefined;
  if (value === undefined) throw invalidArgument(`${tag}: unknown value ${JSON.stringify(name)}`);
  return value;
}

/** process.scheduler and process.ioPriority. Errors: invalidArgument for what the kernel does not know. */
export function compileScheduling(process: Process): Plan {
  const plan: Plan = [];
  const { scheduler, ioPriority } = process;
  if (scheduler) {
    const tag = "process.scheduler";
    plan.push({
      op: "scheduler",
      tag,
      policy: known(POLICIES, scheduler.policy, `${tag}.policy`),
      nice: scheduler.nice ?? 0,
      priority: scheduler.priority ?? 0,
      flags: (scheduler.flags ?? []).reduce((sum, flag) => sum | known(FLAGS, flag, `${tag}.flags`), 0),
      runtime: scheduler.runtime ?? 0,
      deadline: scheduler.deadline ?? 0,
      period: scheduler.period ?? 0,
    });
  }
  if (ioPriority) {
    const tag = "process.ioPriority";
    const value = (known(IO_CLASSES, ioPriority.class, `${tag}.class`) << 13) | ioPriority.priority;
    plan.push({ op: "ioPriority", tag, value });
  }
  return plan;
}

/** Numbers of a list such as "0-3,7" as a mask, little endian; undefined for what is no list, or out of range. */
export function listMask(list: string): Uint8Array | undefined {
  const mask = new Uint8Array(128);
  for (const part of list.split(",")) {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to >= mask.length * 8) return undefined;
    for (let cpu = from; cpu <= to; cpu++) mask[cpu >> 3]! |= 1 << (cpu & 7);
  }
  return mask;
}

function cpuMask(list: string, tag: string): Uint8Array {
  const mask = listMask(list);
  if (!mask)
    throw invalidArgument(`${tag}: ${JSON.stringify(list)} is not a list of processors such as "0-3,7"`);
  return mask;
}

/** All that the cgroup has, whatever docker-runc was confined to. */
export const allProcessors = (tag: string): Op => ({
  op: "affinity",
  tag,
  mask: new Uint8Array(128).fill(0xff),
});

/** Which processors a process may run on; nothing for an empty list. */
export function affinityOps(list: string | undefined, tag: string): Plan {
  return list ? [{ op: "affinity", tag, mask: cpuMask(list, tag) }] : [];
}
