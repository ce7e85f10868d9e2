import { posix } from "node:path";
import type { Of } from "../../../dockerfile/types.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { LayerPlan } from "../copy/plan.ts";
import {
  expander,
  noOperation,
  recordWithID,
  type SettingContext,
  type StepContext,
  useCache,
} from "./context.ts";

/** WORKDIR: makes the folder, if it is not there, and goes to it. Errors: invalidArgument. */
export async function applyWorkdir(context: StepContext, instruction: Of<"WORKDIR">): Promise<void> {
  const path = changeFolder(context, instruction);
  const step = noOperation(context, `WORKDIR ${path}`, true);
  if (await useCache(context, step)) return;
  const below = await context.openCurrent();
  try {
    const plan = new LayerPlan(below?.tree, context.committer.epoch);
    const folder = plan.resolve(posix.normalize(path));
    const present = plan.at(folder)?.type;
    if (present === undefined) plan.folder(folder, { uid: 0, gid: 0 });
    else if (present !== "directory") throw invalidArgument(`Cannot mkdir: ${path} is not a directory`);
    await recordWithID(context, step, plan.isEmpty ? {} : { layer: plan.tar() });
  } finally {
    await below?.close();
  }
}

/** Goes to the folder, whether it is there or not; gives its path. Errors: invalidArgument. */
export function changeFolder(context: SettingContext, { value }: Of<"WORKDIR">): string {
  const { config } = context.state;
  const path = expander(context).word(value);
  if (path === "") throw invalidArgument("cannot normalize nothing");
  config.WorkingDir = path.startsWith("/") ? path : joined(config.WorkingDir ?? "", path);
  return config.WorkingDir;
}

function joined(folder: string, path: string): string {
  const whole = posix.join("/", folder, path);
  return whole.length > 1 ? whole.replace(/\/$/, "") : whole;
}
