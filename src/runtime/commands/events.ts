import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { collectStats } from "../../linux/cgroup/stats.ts";
import { durationIn } from "../../units/duration.ts";
import { print } from "../print.ts";
import { statusOf } from "../state/status.ts";
import type { ContainerRecord } from "../state/store.ts";
import { onlyId, usageError } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  interval: { kind: "string", help: "Time between statistics", value: "DURATION", fallback: "5s" },
  stats: { kind: "bool", help: "Print the statistics once" },
} as const;

function milliseconds(text: string): number {
  const nanoseconds = durationIn(text);
  if (nanoseconds === undefined)
    throw usageError(`invalid value ${JSON.stringify(text)} for flag --interval: want a duration such as 5s`);
  if (nanoseconds <= 0) throw invalidArgument("duration interval must be greater than 0");
  return nanoseconds / 1e6;
}

function printEvent(event: Record<string, unknown>): void {
  print(`${JSON.stringify(event)}\n`);
}

function printStats(record: ContainerRecord): void {
  printEvent({ type: "stats", id: record.id, data: collectStats(record.cgroup) });
}

/** Statistics at each interval, and an event when the kernel's out-of-memory killer strikes, until the end. */
async function follow({ store }: Context, record: ContainerRecord, interval: number): Promise<void> {
  const { watchOom } = await import("../../linux/cgroup/oom.ts");
  const stop = watchOom(record.cgroup, () => printEvent({ type: "oom", id: record.id }));
  try {
    while (statusOf(store, record) !== "stopped") {
      printStats(record);
      await Bun.sleep(interval);
    }
  } finally {
    stop();
  }
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const interval = milliseconds(values.interval ?? "5s");
  const record = context.store.load(onlyId("events", rest));
  if (statusOf(context.store, record) === "stopped")
    throw failedPrecondition(`container with id ${record.id} is not running`);
  if (values.stats) printStats(record);
  else await follow(context, record, interval);
  return 0;
}
