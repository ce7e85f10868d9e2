import { failedPrecondition, invalidArgument, messageOf } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { listFolder } from "../../linux/folder.ts";
import { COMMON_FLAGS, commonOptions, foldersOf, type Options, pageServer } from "../criu/flags.ts";
import { makeFolders } from "../criu/images.ts";
import { destroy } from "../destroy.ts";
import { isRootless } from "../host.ts";
import { statusOf } from "../state/status.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  ...COMMON_FLAGS,
  "parent-path": {
    kind: "string",
    help: "Images of an earlier pre-dump, relative to --image-path",
    value: "PATH",
  },
  "tcp-skip-in-flight": { kind: "bool", help: "Leave out TCP connections that are still being made" },
  "link-remap": { kind: "bool", help: "Link deleted files that are open to a name again" },
  "leave-running": { kind: "bool", help: "Let the container go on" },
  "status-fd": {
    kind: "int",
    help: "Descriptor that gets a zero byte when --lazy-pages is ready",
    value: "FD",
  },
  "page-server": { kind: "string", help: "ADDRESS:PORT of a page server", value: "ADDRESS" },
  "pre-dump": { kind: "bool", help: "Write the memory only, and let the container go on" },
} as const;

/** The earlier images, which CRIU finds by a path relative to the new ones. */
function parentImages(images: string, parent: string | undefined): Options {
  if (!parent) return {};
  if (parent.startsWith("/")) throw invalidArgument("--parent-path must be relative");
  try {
    listFolder(`${images}/${parent}`);
  } catch (error) {
    throw invalidArgument(`invalid --parent-path: ${messageOf(error)}`);
  }
  return { parentImage: parent, trackMemory: true };
}

/** The flags as CRIU gets them, without the folders. Errors: invalidArgument. */
export function dumpOptions(values: ReturnType<typeof parseFlags<typeof FLAGS>>["values"]): Options {
  return {
    ...commonOptions(values),
    ...pageServer(values["page-server"]),
    ...(values["pre-dump"] ? { trackMemory: true } : {}),
    tcpSkipInFlight: values["tcp-skip-in-flight"] ?? false,
    linkRemap: values["link-remap"] ?? false,
    leaveRunning: values["leave-running"] ?? false,
  };
}

export async function run({ store, warn }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = onlyId("checkpoint", rest);
  if (isRootless()) warn("docker-runc checkpoint is untested with rootless containers");
  const record = store.load(id);
  const status = statusOf(store, record);
  if (status === "created" || status === "stopped")
    throw failedPrecondition(`Container cannot be checkpointed in ${status} state`);
  const folders = foldersOf(values);
  const preDump = values["pre-dump"] ?? false;
  const leaveRunning = values["leave-running"] ?? false;
  const statusFd = values["status-fd"] ?? -1;
  const criu = dumpOptions(values);
  makeFolders(folders.images);
  const { checkpoint } = await import("../criu/checkpoint.ts");
  await checkpoint(record, {
    folders,
    criu: { ...criu, ...parentImages(folders.images, values["parent-path"]) },
    preDump,
    ...(statusFd < 0 ? {} : { statusFd }),
  });
  if (!leaveRunning && !preDump) await destroy(store, record, warn);
  return 0;
}
