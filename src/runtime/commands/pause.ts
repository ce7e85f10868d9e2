import { failedPrecondition } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { setFrozen } from "../../linux/cgroup/freezer.ts";
import { statusOf } from "../state/status.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export async function run({ store }: Context, args: string[]): Promise<number> {
  const record = store.load(onlyId("pause", parseFlags({}, args).rest));
  const status = statusOf(store, record);
  if (status !== "running" && status !== "created") throw failedPrecondition("container not running");
  setFrozen(record.cgroup, true);
  return 0;
}
