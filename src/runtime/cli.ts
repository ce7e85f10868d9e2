/** docker-runc's command line: global flags, then a command with its own. */
import { invalidArgument, messageOf } from "../errors/errors.ts";
import { type Flag, flagHelp, parseFlags } from "../flags/flags.ts";
import { ERRNO } from "../linux/errno.ts";
import { strerror } from "../linux/strerror.ts";
import { isUsageError } from "./commands/arguments.ts";
import { type Context, makeContext } from "./commands/context.ts";
import * as create from "./commands/create.ts";
import * as remove from "./commands/delete.ts";
import * as exec from "./commands/exec.ts";
import * as kill from "./commands/kill.ts";
import * as run from "./commands/run.ts";
import * as start from "./commands/start.ts";
import * as state from "./commands/state.ts";
import { checkLog, type Log, logFatal, logMessage } from "./log.ts";
import { print } from "./print.ts";

export interface Command {
  run(context: Context, args: string[]): Promise<number>;
  FLAGS?: Readonly<Record<string, Flag>>;
}

interface Entry {
  /** What engines call is part of the program's one file; all else is loaded when it is asked for. */
  load: () => Command | Promise<Command>;
  help: string;
  /** What opens an error message, and the exit code, where runc has its own. */
  failure?: { prefix: string; code: number };
}

const UNKNOWN_COMMAND = 3;

const COMMANDS: Readonly<Record<string, Entry>> = {
  check: { load: () => import("./commands/check.ts"), help: "Find every problem of a bundle" },
  checkpoint: {
    load: () => import("./commands/checkpoint.ts"),
    help: "Write a running container's state to files, by CRIU",
  },
  create: {
    load: () => create,
    help: "Create a container that waits for start",
    failure: { prefix: "runc create failed: ", code: 1 },
  },
  delete: { load: () => remove, help: "Delete what a container holds" },
  events: { load: () => import("./commands/events.ts"), help: "Print usage and out-of-memory events" },
  exec: {
    load: () => exec,
    help: "Run another process in a container",
    failure: { prefix: "exec failed: ", code: 255 },
  },
  features: { load: () => import("./commands/features.ts"), help: "Print what this runtime supports" },
  kill: { load: () => kill, help: "Send a signal to a container (default SIGTERM)" },
  list: { load: () => import("./commands/list.ts"), help: "List containers" },
  pause: { load: () => import("./commands/pause.ts"), help: "Freeze all processes of a container" },
  plan: {
    load: () => import("./commands/plan.ts"),
    help: "Print, step by step, what a bundle's container is made of",
  },
  ps: { load: () => import("./commands/ps.ts"), help: "List the processes of a container" },
  restore: {
    load: () => import("./commands/restore.ts"),
    help: "Make a container from a checkpoint, by CRIU",
  },
  resume: { load: () => import("./commands/resume.ts"), help: "Thaw what pause froze" },
  run: {
    load: () => run,
    help: "Create and start a container",
    failure: { prefix: "runc run failed: ", code: 1 },
  },
  spec: { load: () => import("./commands/spec.ts"), help: "Write a config.json to begin with" },
  start: { load: () => start, help: "Run the command of a created container" },
  state: { load: () => state, help: "Print the state of a container" },
  update: { load: () => import("./commands/update.ts"), help: "Change limits of a container" },
};

const GLOBAL_FLAGS = {
  root: {
    kind: "string",
    help: "Folder for the state of containers",
    value: "DIR",
    fallback: "/run/docker-runc",
  },
  log: { kind: "string", help: "File for messages (default: stderr)", value: "FILE" },
  "log-format": { kind: "string", help: "text or json", value: "FORMAT", fallback: "text" },
  debug: { kind: "bool", help: "Tell more" },
  "systemd-cgroup": {
    kind: "bool",
    help: "Let systemd make the cgroups: cgroupsPath is then slice:prefix:name",
  },
  rootless: { kind: "string", help: "true, false or auto; docker-runc finds out by itself", value: "MODE" },
  criu: { kind: "string", help: "Ignored: criu is found in PATH", value: "PATH" },
  help: { kind: "bool", short: "h", help: "Print usage" },
  version: { kind: "bool", short: "v", help: "Print version" },
} as const;

function defaultRoot(): string {
  const runtimeFolder = process.env["XDG_RUNTIME_DIR"];
  if ((process.geteuid?.() ?? 0) !== 0 && runtimeFolder) return `${runtimeFolder}/docker-runc`;
  return "/run/docker-runc";
}

function usage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(12)}${help}\n`);
  return `NAME:
   docker-runc - Open Container Initiative runtime

USAGE:
   docker-runc [OPTIONS] COMMAND [ARGUMENTS]

COMMANDS:
${commands.join("")}
OPTIONS:
${flagHelp(GLOBAL_FLAGS)}`;
}

const ARGUMENTS: Readonly<Record<string, string>> = {
  check: "[BUNDLE]",
  exec: "CONTAINER COMMAND [ARGUMENTS]",
  features: "",
  kill: "CONTAINER [SIGNAL]",
  list: "",
  plan: "[BUNDLE]",
  ps: "CONTAINER [PS OPTIONS]",
  spec: "",
};

function commandUsage(name: string, help: string, { FLAGS }: Command): string {
  const options = FLAGS ? `\nOPTIONS:\n${flagHelp(FLAGS)}` : "";
  const line = `   docker-runc ${name}${FLAGS ? " [OPTIONS]" : ""} ${ARGUMENTS[name] ?? "CONTAINER"}`;
  return `NAME:\n   docker-runc ${name} - ${help}\n\nUSAGE:\n${line.trimEnd()}\n${options}`;
}

/** Runs a command line; returns the exit code. */
export async function runCli(args: string[]): Promise<number> {
  const log: Log = { file: undefined, json: false };
  let failure: Entry["failure"];
  try {
    const { values, rest } = parseFlags(GLOBAL_FLAGS, args, { stopAtFirst: true });
    const format = values["log-format"];
    log.file = values.log || undefined;
    log.json = format === "json";
    checkLog(log);
    const name = rest.shift();
    if (values.version) return printVersion();
    if (values.help || name === undefined || name === "help") {
      print(usage());
      return 0;
    }
    if (format !== undefined && format !== "json" && format !== "text")
      throw invalidArgument(`invalid log-format: ${format}: want text or json`);
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : undefined;
    if (!entry) {
      logFatal(log, `No help topic for '${name}': see docker-runc --help`);
      return UNKNOWN_COMMAND;
    }
    failure = entry.failure;
    const debug = (message: string) => {
      if (values.debug) logMessage(log, "debug", message);
    };
    const context = makeContext(
      values.root ?? defaultRoot(),
      values["systemd-cgroup"] ?? false,
      debug,
      (message) => logMessage(log, "warning", message),
    );
    const command = await entry.load();
    if (rest[0] === "--help" || rest[0] === "-h") {
      print(commandUsage(name, entry.help, command));
      return 0;
    }
    debug(`docker-runc ${args.join(" ")}`);
    const code = await command.run(context, rest);
    debug(`${name} ended with exit code ${code}`);
    return code;
  } catch (error) {
    // A command line that cannot be read is no failure of what it asks for.
    if (isUsageError(error)) failure = undefined;
    logFatal(log, `${failure?.prefix ?? ""}${textOf(error)}`);
    return failure?.code ?? 1;
  }
}

/** The error in the words of Go programs: "no such file or directory" where ours have ENOENT. */
function textOf(error: unknown): string {
  const message = messageOf(error).replace(/^unknown flag: --/, "flag provided but not defined: -");
  const [whole, name = ""] = /: (E[A-Z0-9]+)$/.exec(message) ?? [];
  const number = ERRNO[name];
  return whole === undefined || number === undefined
    ? message
    : `${message.slice(0, -name.length)}${strerror(number)}`;
}

async function printVersion(): Promise<number> {
  const { GIT_COMMIT, versionLine } = await import("../version/version.ts");
  print(`${versionLine("docker-runc")}\ncommit: ${GIT_COMMIT}\nspec: 1.3.0\n`);
  return 0;
}
