import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { cgroupProcesses } from "../../linux/cgroup/cgroup.ts";
import { isFrozen, setFrozen } from "../../linux/cgroup/freezer.ts";
import { closeFd } from "../../linux/fd.ts";
import { killPidfd } from "../../linux/kill.ts";
import { signalNumber } from "../../linux/signals.ts";
import { killAll } from "../kill-all.ts";
import { openInitProcess } from "../state/init-process.ts";
import type { ContainerRecord } from "../state/store.ts";
import { firstOf, usageError } from "./arguments.ts";
import type { Context } from "./context.ts";

const SIGKILL = 9;

export const FLAGS = { all: { kind: "bool", short: "a", help: "Every process in the container" } } as const;

/** Signals the container's first process; false when it has ended. */
function signalInit(record: ContainerRecord, signal: number): boolean {
  const pidfd = openInitProcess(record);
  if (pidfd === undefined) return false;
  try {
    return killPidfd(pidfd, signal);
  } finally {
    closeFd(pidfd);
  }
}

/**
 * Whether there are processes that do not die with the first one: without a pid namespace of its own the container's
 * others go on, also when the first has ended.
 */
function outlivesInit({ spec, cgroup }: ContainerRecord): boolean {
  const own = spec.linux?.namespaces?.some(({ type, path }) => type === "pid" && !path);
  return !own && cgroupProcesses(cgroup).length > 0;
}

export async function run({ store }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = firstOf("kill", rest);
  if (rest.length > 2)
    throw usageError(
      'docker-runc: "kill" requires a maximum of 2 argument(s): the container\'s id and a signal',
    );
  const record = store.load(id);
  const name = rest[1] || "SIGTERM";
  const signal = signalNumber(name);
  if (signal === undefined) throw invalidArgument(`unknown signal ${JSON.stringify(name)}`);
  if (values.all || (signal === SIGKILL && outlivesInit(record))) {
    killAll(record, signal);
    return 0;
  }
  if (!signalInit(record, signal)) throw failedPrecondition("container not running");
  if (signal === SIGKILL && isFrozen(record.cgroup)) setFrozen(record.cgroup, false);
  return 0;
}
