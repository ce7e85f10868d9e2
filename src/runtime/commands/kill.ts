import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { cgroupProcesses } from "../../linux/cgroup/cgroup.ts";
import { isFrozen, setFrozen } from "../../linux/cgroup/freezer.ts";
import { kill } from "../../linux/kill.ts";
import { signalNumber } from "../../linux/signals.ts";
import { isAlive } from "../state/status.ts";
import type { ContainerRecord } from "../state/store.ts";
import type { Context } from "./context.ts";

const SIGKILL = 9;

/** Sends a signal to every process of the container's cgroup, frozen meanwhile so that none forks away. */
export function killAll(record: ContainerRecord, signal: number): void {
  if (record.cgroup.length === 0) {
    if (isAlive(record)) kill(record.pid, signal);
    return;
  }
  const wasFrozen = isFrozen(record.cgroup);
  const processes = cgroupProcesses(record.cgroup);
  if (processes.length > 1 && !wasFrozen) {
    setFrozen(record.cgroup, true);
    for (const pid of cgroupProcesses(record.cgroup)) kill(pid, signal);
    setFrozen(record.cgroup, false);
    return;
  }
  for (const pid of processes) kill(pid, signal);
  // A frozen process dies of SIGKILL only when it is thawed (cgroup v1).
  if (signal === SIGKILL && wasFrozen) setFrozen(record.cgroup, false);
}

const FLAGS = { all: { kind: "bool", short: "a", help: "Every process in the container" } } as const;

export async function run({ store }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const [id, name = "SIGTERM"] = rest;
  if (id === undefined || rest.length > 2)
    throw invalidArgument("docker-runc kill: want a container's id and a signal");
  const signal = signalNumber(name);
  if (signal === undefined) throw invalidArgument(`unknown signal ${JSON.stringify(name)}`);
  const record = store.load(id);
  if (values.all) {
    killAll(record, signal);
    return 0;
  }
  if (!isAlive(record) || !kill(record.pid, signal)) throw failedPrecondition("container not running");
  if (signal === SIGKILL && isFrozen(record.cgroup)) setFrozen(record.cgroup, false);
  return 0;
}
