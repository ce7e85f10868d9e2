import { invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import type { Process } from "../../oci/runtime-spec.ts";
import { inheritProcess } from "../compile/process.ts";
import { checkConsole, listenFds } from "../descriptors.ts";
import { type ExecOptions, execInContainer } from "../exec-container.ts";
import { foreground } from "../foreground/foreground.ts";
import { readProcess } from "../read-spec.ts";
import type { ContainerRecord } from "../state/store.ts";
import { warnOfCapabilities } from "../warn-capabilities.ts";
import { firstOf, usageError } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  "console-socket": { kind: "string", help: "Unix socket that gets the terminal's master", value: "PATH" },
  cwd: { kind: "string", help: "Working folder in the container", value: "PATH" },
  env: { kind: "list", short: "e", help: "Further environment variables", value: "NAME=VALUE" },
  tty: { kind: "bool", short: "t", help: "Give it a terminal" },
  user: { kind: "string", short: "u", help: "User and group, as numbers", value: "UID[:GID]" },
  "additional-gids": { kind: "list", short: "g", help: "Additional groups, as numbers", value: "GID" },
  process: { kind: "string", short: "p", help: "File with the process as JSON", value: "FILE" },
  detach: { kind: "bool", short: "d", help: "Do not wait for its end" },
  "pidfd-socket": {
    kind: "string",
    help: "Unix socket that gets a descriptor of the process",
    value: "PATH",
  },
  "pid-file": { kind: "string", help: "File to write the process id to", value: "FILE" },
  "process-label": { kind: "string", help: "SELinux label", value: "LABEL" },
  apparmor: { kind: "string", help: "AppArmor profile", value: "NAME" },
  "no-new-privs": { kind: "bool", help: "Set no_new_privs" },
  cap: { kind: "list", short: "c", help: "Further capabilities", value: "NAME" },
  "preserve-fds": { kind: "int", help: "Descriptors after stderr that the process gets", value: "N" },
  cgroup: { kind: "list", help: "Cgroup below the container's own", value: "[CONTROLLER:]PATH" },
  "ignore-paused": { kind: "bool", help: "Also in a paused container" },
  "no-subreaper": { kind: "bool", help: "Leave orphans to others" },
  "inject-failure": { kind: "int", help: "For tests: fail at this operation of the plan", value: "N" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

function parseId(text: string, what: "uid" | "gid"): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw invalidArgument(
    `parsing ${text} as int for ${what} failed: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** Of --additional-gids, whose values runc has its flag reader look at. */
function groupId(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw usageError(
    `invalid value ${JSON.stringify(text)} for flag -g: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** Names added to the sets that give a process a capability. */
function addCapabilities(process: Process, names: readonly string[]): void {
  const sets = process.capabilities ?? {};
  const add = (set: string[] = []) => [...set, ...names];
  process.capabilities = {
    ...sets,
    bounding: add(sets.bounding),
    effective: add(sets.effective),
    permitted: add(sets.permitted),
    // Ambient ones must be inheritable, which these become only by config.json.
    ...(sets.inheritable?.length ? { ambient: add(sets.ambient) } : {}),
  };
}

/** The container's own process with what the flags change. */
function processFromFlags(record: ContainerRecord, values: Values, command: string[]): Process {
  const base = record.spec.process!;
  if (command.length === 0) throw invalidArgument("process args cannot be empty");
  const process: Process = {
    ...base,
    args: command,
    env: [...(base.env ?? []), ...(values.env ?? [])],
    terminal: values.tty ?? false,
    user: { ...base.user },
  };
  if (values.cwd !== undefined) process.cwd = values.cwd;
  if (values.apparmor !== undefined) process.apparmorProfile = values.apparmor;
  if (values["process-label"] !== undefined) process.selinuxLabel = values["process-label"];
  if (values["no-new-privs"] !== undefined) process.noNewPrivileges = values["no-new-privs"];
  if (values.cap?.length) addCapabilities(process, values.cap);
  if (values.user !== undefined) {
    const [uid, gid] = values.user.split(":");
    process.user.uid = parseId(uid!, "uid");
    if (gid !== undefined) process.user.gid = parseId(gid, "gid");
  }
  const gids = (values["additional-gids"] ?? []).flatMap((text) => text.split(","));
  if (gids.length > 0)
    process.user.additionalGids = [...(process.user.additionalGids ?? []), ...gids.map(groupId)];
  return process;
}

function cgroupsOf(list: readonly string[] | undefined): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const entry of list ?? []) {
    const colon = entry.indexOf(":");
    if (colon < 0) wanted.set("", entry);
    else
      for (const controller of entry.slice(0, colon).split(","))
        wanted.set(controller, entry.slice(colon + 1));
  }
  return wanted;
}

function processOf(record: ContainerRecord, values: Values, command: string[]): Process {
  if (values.process === undefined) return processFromFlags(record, values, command);
  const process = inheritProcess(readProcess(values.process), record.spec);
  if (values.tty !== undefined) process.terminal = values.tty;
  return process;
}

export async function run(context: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args, { stopAtFirst: true });
  const id = firstOf("exec", rest);
  const command = rest.slice(1);
  const record = context.store.load(id);
  const process = processOf(record, values, command[0] === "--" ? command.slice(1) : command);
  warnOfCapabilities(process, context.warn);
  const sockets = listenFds();
  if (sockets > 0) process.env = [...(process.env ?? []), `LISTEN_FDS=${sockets}`, "LISTEN_PID=1"];
  const failAt = values["inject-failure"];
  const options: ExecOptions = {
    process,
    ...(values["pid-file"] === undefined ? {} : { pidFile: values["pid-file"] }),
    ...(values["pidfd-socket"] ? { pidfdSocket: values["pidfd-socket"] } : {}),
    ...(values["console-socket"] ? { consoleSocket: values["console-socket"] } : {}),
    preserveFds: (values["preserve-fds"] ?? 0) + sockets,
    cgroups: cgroupsOf(values.cgroup),
    ignorePaused: values["ignore-paused"] ?? false,
    debug: context.debug,
    ...(failAt === undefined ? {} : { failAt }),
  };
  checkConsole(process.terminal ?? false, values.detach ?? false, options.consoleSocket);
  if (values.detach) {
    await execInContainer(context.store, record, options);
    return 0;
  }
  return foreground(process.terminal ?? false, !values["no-subreaper"], (consoleFd) =>
    execInContainer(context.store, record, { ...options, ...(consoleFd === undefined ? {} : { consoleFd }) }),
  );
}
