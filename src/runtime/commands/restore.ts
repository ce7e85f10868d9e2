import { invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { realPath } from "../../linux/folder.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { COMMON_FLAGS, commonOptions, foldersOf, type Options } from "../criu/flags.ts";
import type { RestoreOptions } from "../criu/restore.ts";
import { checkConsole } from "../descriptors.ts";
import { destroy } from "../destroy.ts";
import { isRootless } from "../host.ts";
import { readSpec } from "../read-spec.ts";
import type { ContainerRecord } from "../state/store.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  ...COMMON_FLAGS,
  bundle: {
    kind: "string",
    short: "b",
    help: "Folder with config.json (default: the current one)",
    value: "PATH",
  },
  "console-socket": { kind: "string", help: "Unix socket that gets the terminal's master", value: "PATH" },
  detach: { kind: "bool", short: "d", help: "Do not wait for its end" },
  "pid-file": { kind: "string", help: "File to write the process id to", value: "FILE" },
  "no-subreaper": { kind: "bool", help: "Leave orphans to others" },
  "no-pivot": { kind: "bool", help: "Ignored: CRIU changes the root in its own way" },
  "lsm-profile": { kind: "string", help: "Profile of AppArmor or SELinux, as TYPE:NAME", value: "PROFILE" },
  "lsm-mount-context": { kind: "string", help: "SELinux's context for mounts", value: "CONTEXT" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

/** The flags as CRIU gets them, without the folders. Errors: invalidArgument. */
export function restoreOptions(values: Values): Options {
  return {
    ...commonOptions(values),
    lsmProfile: values["lsm-profile"] ?? "",
    lsmMountContext: values["lsm-mount-context"] ?? "",
  };
}

function optionsOf(values: Values, systemdCgroup: boolean): RestoreOptions {
  const given = values.bundle || process.cwd();
  if (!pathExists(given)) throw invalidArgument(`chdir ${given}: no such file or directory`);
  const bundle = realPath(given);
  const spec = readSpec(bundle);
  const consoleSocket = values["console-socket"] || undefined;
  checkConsole(spec.process?.terminal ?? false, values.detach ?? false, consoleSocket);
  return {
    spec,
    bundle,
    systemdCgroup,
    folders: foldersOf(values),
    criu: restoreOptions(values),
    ...(values["pid-file"] ? { pidFile: values["pid-file"] } : {}),
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
  };
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const id = onlyId("restore", rest);
  const { store, warn, systemdCgroup } = context;
  if (isRootless()) warn("docker-runc restore is untested with rootless containers");
  const options = optionsOf(values, systemdCgroup);
  const { restore } = await import("../criu/restore.ts");
  if (values.detach) {
    await restore(store, id, options);
    return 0;
  }
  const { foreground } = await import("../foreground/foreground.ts");
  const terminal = options.spec.process?.terminal ?? false;
  let record: ContainerRecord | undefined;
  const status = await foreground(terminal, !values["no-subreaper"], async (consoleFd) => {
    record = await restore(store, id, { ...options, ...(consoleFd === undefined ? {} : { consoleFd }) });
    return record.pid;
  });
  if (record) await destroy(store, record, warn);
  return status;
}
