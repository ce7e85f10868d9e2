import { parseFlags } from "../../flags/flags.ts";
import { createContainer } from "../create-container.ts";
import { destroy } from "../destroy.ts";
import { foreground } from "../foreground/foreground.ts";
import { runPoststart } from "../hooks.ts";
import { killAll } from "../kill-all.ts";
import { isAlive } from "../state/status.ts";
import type { ContainerRecord } from "../state/store.ts";
import { warnOfCapabilities } from "../warn-capabilities.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";
import { FLAGS as CREATE_FLAGS, createOptions } from "./create.ts";

export const FLAGS = {
  ...CREATE_FLAGS,
  detach: { kind: "bool", short: "d", help: "Do not wait for its end" },
  keep: { kind: "bool", help: "Do not delete the container when it ends" },
  "no-subreaper": { kind: "bool", help: "Leave orphans to others" },
} as const;

async function poststart({ store, warn }: Context, record: ContainerRecord): Promise<void> {
  if (!record.spec.hooks?.poststart?.length) return;
  try {
    runPoststart(record);
  } catch (error) {
    if (isAlive(record)) killAll(record, 9);
    await destroy(store, record, warn);
    throw error;
  }
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = onlyId("run", rest);
  const { store, warn, debug } = context;
  const options = createOptions(values, false, values.detach ?? false);
  warnOfCapabilities(options.spec.process, warn);
  let record: ContainerRecord | undefined;
  const start = async (consoleFd?: number) => {
    record = await createContainer(store, id, {
      ...options,
      systemdCgroup: context.systemdCgroup,
      warn,
      debug,
      ...(consoleFd === undefined ? {} : { consoleFd }),
    });
    await poststart(context, record);
    return record.pid;
  };
  if (values.detach) {
    await start();
    return 0;
  }
  const terminal = options.spec.process?.terminal ?? false;
  const status = await foreground(terminal, !values["no-subreaper"], start);
  if (record && !values.keep) await destroy(store, record, warn);
  return status;
}
