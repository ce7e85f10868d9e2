/** docker-runc's command line: global flags, then a command with its own. */
import { EngineError, messageOf } from "../errors/errors.ts";
import { parseFlags } from "../flags/flags.ts";
import { type Context, makeContext } from "./commands/context.ts";

export interface Command {
  run(context: Context, args: string[]): Promise<number>;
}

interface Entry {
  load: () => Promise<Command>;
  help: string;
  /** What opens an error message, and the exit code, where runc has its own. */
  failure?: { prefix: string; code: number };
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  create: {
    load: () => import("./commands/create.ts"),
    help: "Create a container that waits for start",
    failure: { prefix: "runc create failed: ", code: 1 },
  },
  start: { load: () => import("./commands/start.ts"), help: "Run the command of a created container" },
  state: { load: () => import("./commands/state.ts"), help: "Print the state of a container" },
  kill: { load: () => import("./commands/kill.ts"), help: "Send a signal to a container (default SIGTERM)" },
  delete: { load: () => import("./commands/delete.ts"), help: "Delete what a container holds" },
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

async function usage(): Promise<string> {
  const { flagHelp } = await import("../flags/flags.ts");
  const commands = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(12)}${help}\n`);
  return `Usage: docker-runc [OPTIONS] COMMAND [ARGUMENTS]

Runs containers from OCI bundles.

Commands:
${commands.join("")}
Options:
${flagHelp(GLOBAL_FLAGS)}`;
}

async function logError(
  file: string | undefined,
  format: string | undefined,
  message: string,
): Promise<void> {
  process.stderr.write(`${message}\n`);
  if (!file) return;
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const line =
    format === "json"
      ? JSON.stringify({ level: "error", msg: message, time })
      : `time=${JSON.stringify(time)} level=error msg=${JSON.stringify(message)}`;
  const { appendFileSync } = await import("node:fs");
  appendFileSync(file, `${line}\n`);
}

function fail(message: string): never {
  throw new EngineError("invalidArgument", message);
}

/** Runs a command line; returns the exit code. */
export async function runCli(args: string[]): Promise<number> {
  let file: string | undefined;
  let format: string | undefined;
  let failure: Entry["failure"];
  try {
    const { values, rest } = parseFlags(GLOBAL_FLAGS, args, { stopAtFirst: true });
    file = values.log;
    format = values["log-format"];
    const name = rest.shift();
    if (values.version) return printVersion();
    if (values.help || name === undefined || name === "help") {
      process.stdout.write(await usage());
      return 0;
    }
    if (format !== undefined && format !== "json" && format !== "text")
      fail(`unknown log-format ${JSON.stringify(format)}: want text or json`);
    const entry = Object.hasOwn(COMMANDS, name)
      ? COMMANDS[name]!
      : fail(`unknown command ${JSON.stringify(name)}: see docker-runc --help`);
    failure = entry.failure;
    const context = makeContext(
      values.root ?? defaultRoot(),
      values["systemd-cgroup"] ?? false,
      values.debug ?? false,
    );
    return await (await entry.load()).run(context, rest);
  } catch (error) {
    await logError(file, format, `${failure?.prefix ?? ""}${messageOf(error)}`);
    return failure?.code ?? 1;
  }
}

async function printVersion(): Promise<number> {
  const { versionLine } = await import("../version/version.ts");
  process.stdout.write(`${versionLine("docker-runc")}\nspec: 1.2.0\n`);
  return 0;
}
