import { posix } from "node:path";
import type { Of } from "../../../dockerfile/types.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { LayerPlan } from "../copy/plan.ts";
import { expander, noOperation, recordWithID, type StepContext, useCache } from "./context.ts";

/** WORKDIR: makes the folder, if it is not there, and goes to it. Errors: invalidArgument. */
export async function applyWorkdir(context: StepContext, { value }: Of<"WORKDIR">): Promise<void> {
  const { config } = context.state;
  const path = expander(context).word(value);
  if (path === "") throw invalidArgument("cannot normalize nothing");
  config.WorkingDir = path.startsWith("/") ? path : joined(config.WorkingDir ?? "", path);
  const step = noOperation(context, `WORKDIR ${config.WorkingDir}`, true);
  if (await useCache(context, step)) return;
  const below = await context.openCurrent();
  try {
    const plan = new LayerPlan(below?.tree, context.committer.epoch);
    const folder = plan.resolve(posix.normalize(config.WorkingDir));
    const present = plan.at(folder)?.type;
    if (present === undefined) plan.folder(folder, { uid: 0, gid: 0 });
    else if (present !== "directory")
      throw invalidArgument(`Cannot mkdir: ${config.WorkingDir} is not a directory`);
    await recordWithID(context, step, plan.isEmpty ? {} : { layer: plan.tar() });
  } finally {
    await below?.close();
  }
}

function joined(folder: string, path: string): string {
  const whole = posix.join("/", folder, path);
  return whole.length > 1 ? whole.replace(/\/$/, "") : whole;
}
