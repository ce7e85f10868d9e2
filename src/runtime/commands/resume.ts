import { failedPrecondition } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { isFrozen, setFrozen } from "../../linux/cgroup/freezer.ts";
import { isAlive } from "../state/status.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export async function run({ store }: Context, args: string[]): Promise<number> {
  const record = store.load(onlyId("resume", parseFlags({}, args).rest));
  if (!isAlive(record) || !isFrozen(record.cgroup)) throw failedPrecondition("container not paused");
  setFrozen(record.cgroup, false);
  return 0;
}
