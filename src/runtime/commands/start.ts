import { failedPrecondition } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { destroy } from "../destroy.ts";
import { runPoststart } from "../hooks.ts";
import { killAll } from "../kill-all.ts";
import { releaseAndWait } from "../state/release.ts";
import { statusOf } from "../state/status.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

const SIGKILL = 9;

export async function run({ store, warn }: Context, args: string[]): Promise<number> {
  const record = store.load(onlyId("start", parseFlags({}, args).rest));
  const status = statusOf(store, record);
  if (status === "stopped") throw failedPrecondition("cannot start a container that has stopped");
  if (status === "paused") throw failedPrecondition("cannot start a container in the paused state");
  if (status !== "created") throw failedPrecondition("cannot start an already running container");
  releaseAndWait(store, record);
  if (!record.spec.hooks?.poststart?.length) return 0;
  try {
    runPoststart(record);
  } catch (error) {
    killAll(record, SIGKILL);
    await destroy(store, record, warn);
    throw error;
  }
  return 0;
}
