import { invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { realPath } from "../../linux/folder.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { type CreateOptions, createContainer } from "../create-container.ts";
import { checkConsole, listenFds } from "../descriptors.ts";
import { readSpec } from "../read-spec.ts";
import { warnOfCapabilities } from "../warn-capabilities.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  bundle: {
    kind: "string",
    short: "b",
    help: "Folder with config.json (default: the current one)",
    value: "PATH",
  },
  "console-socket": { kind: "string", help: "Unix socket that gets the terminal's master", value: "PATH" },
  "pid-file": { kind: "string", help: "File to write the process id to", value: "FILE" },
  "pidfd-socket": {
    kind: "string",
    help: "Unix socket that gets a descriptor of the process",
    value: "PATH",
  },
  "no-pivot": { kind: "bool", help: "Move the root instead of pivot_root: for a root on a ramdisk" },
  "no-new-keyring": { kind: "bool", help: "Keep the caller's session keyring" },
  "preserve-fds": { kind: "int", help: "Descriptors after stderr that the process gets", value: "N" },
  "inject-failure": { kind: "int", help: "For tests: fail at this operation of the plan", value: "N" },
} as const;

interface CreateValues {
  bundle?: string;
  "console-socket"?: string;
  "pid-file"?: string;
  "pidfd-socket"?: string;
  "no-pivot"?: boolean;
  "no-new-keyring"?: boolean;
  "preserve-fds"?: number;
  "inject-failure"?: number;
}

/** The options that create and run share. `wait`: until start. */
export function createOptions(
  values: CreateValues,
  wait: boolean,
  detach: boolean,
): Omit<CreateOptions, "warn" | "debug"> {
  const given = values.bundle ?? process.cwd();
  if (!pathExists(given)) throw invalidArgument(`chdir ${given}: no such file or directory`);
  const bundle = realPath(given);
  const spec = readSpec(bundle);
  const consoleSocket = values["console-socket"] || undefined;
  checkConsole(spec.process?.terminal ?? false, detach, consoleSocket);
  const sockets = listenFds();
  if (sockets > 0)
    spec.process!.env = [...(spec.process!.env ?? []), `LISTEN_FDS=${sockets}`, "LISTEN_PID=1"];
  const failAt = values["inject-failure"];
  return {
    spec,
    bundle,
    ...(values["pid-file"] === undefined ? {} : { pidFile: values["pid-file"] }),
    ...(values["pidfd-socket"] ? { pidfdSocket: values["pidfd-socket"] } : {}),
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
    preserveFds: (values["preserve-fds"] ?? 0) + sockets,
    noPivot: values["no-pivot"] ?? false,
    noNewKeyring: values["no-new-keyring"] ?? false,
    wait,
    ...(failAt === undefined ? {} : { failAt }),
  };
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = onlyId("create", rest);
  const options = createOptions(values, true, true);
  warnOfCapabilities(options.spec.process, context.warn);
  const { store, systemdCgroup, warn, debug } = context;
  await createContainer(store, id, { ...options, systemdCgroup, warn, debug });
  return 0;
}
