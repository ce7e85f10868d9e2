import { realpathSync } from "node:fs";
import { parseFlags } from "../../flags/flags.ts";
import { type CreateOptions, checkBundle, createContainer } from "../create_container.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export const CREATE_FLAGS = {
  bundle: {
    kind: "string",
    short: "b",
    help: "Folder with config.json (default: the current one)",
    value: "PATH",
  },
  "console-socket": { kind: "string", help: "Unix socket that gets the terminal's master", value: "PATH" },
  "pid-file": { kind: "string", help: "File to write the process id to", value: "FILE" },
  "no-pivot": { kind: "bool", help: "Move the root instead of pivot_root: for a root on a ramdisk" },
  "no-new-keyring": { kind: "bool", help: "Keep the caller's session keyring" },
  "preserve-fds": { kind: "int", help: "Descriptors after stderr that the process gets", value: "N" },
  "inject-failure": { kind: "int", help: "For tests: fail at this operation of the plan", value: "N" },
} as const;

interface CreateValues {
  bundle?: string;
  "console-socket"?: string;
  "pid-file"?: string;
  "no-pivot"?: boolean;
  "no-new-keyring"?: boolean;
  "preserve-fds"?: number;
  "inject-failure"?: number;
}

/** The options that create and run share. */
export function createOptions(values: CreateValues, wait: boolean): CreateOptions {
  const given = values.bundle ?? process.cwd();
  checkBundle(given);
  const failAt = values["inject-failure"];
  return {
    bundle: realpathSync(given),
    ...(values["pid-file"] === undefined ? {} : { pidFile: values["pid-file"] }),
    ...(values["console-socket"] ? { consoleSocket: values["console-socket"] } : {}),
    preserveFds: values["preserve-fds"] ?? 0,
    noPivot: values["no-pivot"] ?? false,
    noNewKeyring: values["no-new-keyring"] ?? false,
    wait,
    ...(failAt === undefined ? {} : { failAt }),
  };
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(CREATE_FLAGS, args);
  await createContainer(context.store, onlyId("create", rest), createOptions(values, true));
  return 0;
}
