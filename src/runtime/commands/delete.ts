import { failedPrecondition, isNotFound } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { kill } from "../../linux/kill.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { destroy } from "../destroy.ts";
import { killAll } from "../kill-all.ts";
import { isAlive, statusOf } from "../state/status.ts";
import type { ContainerRecord, StateStore } from "../state/store.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

const SIGKILL = 9;
const DEATH_MS = 10_000;

export const FLAGS = {
  force: { kind: "bool", short: "f", help: "Kill the container first if it still runs" },
} as const;

function awaitDeath(record: ContainerRecord): void {
  const end = performance.now() + DEATH_MS;
  while (isAlive(record)) {
    if (performance.now() > end) throw failedPrecondition(`container init still running: ${record.pid}`);
    Bun.sleepSync(1);
  }
}

/** A container whose creation was cut short before its state was written: only a folder. */
function removeUnwritten(store: StateStore, id: string): boolean {
  if (!pathExists(store.folder(id))) return false;
  store.remove(id);
  return true;
}

export async function run({ store, warn }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = onlyId("delete", rest);
  let record: ContainerRecord;
  try {
    record = store.load(id);
  } catch (error) {
    if (values.force && isNotFound(error)) {
      removeUnwritten(store, id);
      return 0;
    }
    throw error;
  }
  const status = statusOf(store, record);
  if (status === "created" || (values.force && status !== "stopped")) {
    if (isAlive(record)) kill(record.pid, SIGKILL);
    killAll(record, SIGKILL);
    awaitDeath(record);
  } else if (status !== "stopped") {
    throw failedPrecondition(`cannot delete container ${id} that is not stopped: ${status}`);
  }
  await destroy(store, record, warn);
  return 0;
}
