import { notFound } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { print } from "../print.ts";
import { statusOf } from "../state/status.ts";
import type { ContainerRecord, StateStore } from "../state/store.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

/** The document that `state` prints and `list` has for each container. */
export function describe(store: StateStore, record: ContainerRecord) {
  const status = statusOf(store, record);
  return {
    ociVersion: record.ociVersion,
    id: record.id,
    pid: status === "stopped" ? 0 : record.pid,
    status,
    bundle: record.bundle,
    rootfs: record.rootfs,
    created: record.created,
    ...(record.spec.annotations ? { annotations: record.spec.annotations } : {}),
    owner: record.owner === 0 ? "root" : String(record.owner),
  };
}

export async function run({ store }: Context, args: string[]): Promise<number> {
  const record = store.load(onlyId("state", parseFlags({}, args).rest));
  // Still being made: it is not to be seen before it can be started.
  if (record.pid === 0) throw notFound("container does not exist");
  print(`${JSON.stringify(describe(store, record), null, 2)}\n`);
  return 0;
}
