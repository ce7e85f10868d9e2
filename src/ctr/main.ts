/** docker-containerd-ctr: finds the command and runs it. */
import { EngineError, messageOf } from "../errors/errors.ts";
import { flagHelp, parseFlags } from "../flags/flags.ts";
import { versionLine } from "../version/version.ts";
import { Cli, print } from "./cli.ts";
import type { Command, FlagTable, Group } from "./command.ts";
import { ENTRIES, type Entry, lookUp } from "./commands.ts";
import { parseDuration } from "./duration.ts";

const PROGRAM = "docker-containerd-ctr";

const FLAGS = {
  address: {
    kind: "string",
    short: "a",
    help: "Socket of docker-containerd",
    value: "SOCKET",
    fallback: "/run/containerd/containerd.sock",
  },
  namespace: { kind: "string", short: "n", help: "Namespace to work in", value: "NAME", fallback: "default" },
  timeout: { kind: "string", help: "Limit of a call, such as 10s", value: "DURATION", fallback: "none" },
  "connect-timeout": {
    kind: "string",
    help: "Limit of the connection to the daemon, such as 10s",
    value: "DURATION",
    fallback: "none",
  },
  debug: { kind: "bool", help: "Tell where an error comes from" },
  help: { kind: "bool", short: "h", help: "Print usage" },
  version: { kind: "bool", short: "v", help: "Print version information and quit" },
} as const;

const usage = (message: string) => new EngineError("invalidArgument", message);

/** Resolves to the exit code. */
export async function main(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    process.stderr.write(`${PROGRAM}: ${messageOf(error)}\n`);
    if (args.includes("--debug") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

async function dispatch(args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args, { stopAtFirst: true });
  if (values.version) {
    print(versionLine(PROGRAM));
    return 0;
  }
  const [name, ...others] = rest;
  if (values.help || name === undefined || name === "help") {
    printHelp();
    return 0;
  }
  const found = lookUp(ENTRIES, name);
  if (!found) return unknown(name, "");
  const cli = new Cli({
    address: values.address ?? process.env["CONTAINERD_ADDRESS"] ?? FLAGS.address.fallback,
    namespace: values.namespace ?? process.env["CONTAINERD_NAMESPACE"] ?? FLAGS.namespace.fallback,
    timeout: parseDuration(values.timeout ?? "0"),
  });
  try {
    await cli.reach(parseDuration(values["connect-timeout"] ?? "0"));
    return await runEntry(cli, found[0], found[1], others);
  } finally {
    cli.close();
  }
}

async function runEntry(cli: Cli, name: string, entry: Entry, args: string[]): Promise<number> {
  if ("command" in entry) return runCommand(cli, name, await entry.command(), args);
  const group = await entry.group();
  const before = parseFlags({ ...group.flags, ...HELP_FLAG }, args, { stopAtFirst: true });
  const [verb, ...others] = before.rest;
  if (verb === undefined || verb === "help" || (before.values as { help?: boolean }).help) {
    printGroupHelp(name, group);
    return 0;
  }
  const found = lookUp(group.commands, verb);
  if (!found) return unknown(verb, `${name} `);
  const given = { ...environmentOf(group), ...before.values };
  return runCommand(cli, `${name} ${found[0]}`, found[1], others, { ...group.flags }, given);
}

/** Stock's: the snapshotter may be chosen by the environment. */
function environmentOf({ flags }: Group): Record<string, unknown> {
  const snapshotter = process.env["CONTAINERD_SNAPSHOTTER"];
  return flags && "snapshotter" in flags && snapshotter ? { snapshotter } : {};
}

/** Stock's code for it. */
const UNKNOWN_COMMAND = 3;

function unknown(name: string, group: string): number {
  process.stderr.write(`No help topic for '${name}': see ${PROGRAM} ${group}--help\n`);
  return UNKNOWN_COMMAND;
}

const HELP_FLAG = { help: { kind: "bool", short: "h", help: "Print usage" } } as const;

async function runCommand(
  cli: Cli,
  name: string,
  command: Command,
  args: string[],
  groupFlags: FlagTable = {},
  given: Record<string, unknown> = {},
): Promise<number> {
  const flags = { ...groupFlags, ...command.flags, ...HELP_FLAG };
  const parsed = parseFlags(flags, args, { stopAtFirst: command.passRest ?? false });
  if ((parsed.values as { help?: boolean }).help) {
    print(
      `Usage: ${PROGRAM} ${name} ${command.usage}`,
      "",
      command.summary,
      "",
      "Options:",
      flagHelp(flags).trimEnd(),
    );
    return 0;
  }
  const count = parsed.rest.length;
  if (count < command.min || count > (command.max ?? Number.POSITIVE_INFINITY))
    throw usage(`usage: ${PROGRAM} ${name} ${command.usage}`);
  return (await command.run(cli, { flags: { ...given, ...parsed.values }, args: parsed.rest })) ?? 0;
}

function list(entries: Record<string, { summary: string; aliases?: string[] }>): string[] {
  const rows = Object.entries(entries).map(
    ([name, { summary, aliases }]) => [[name, ...(aliases ?? [])].join(", "), summary] as const,
  );
  const width = Math.max(...rows.map(([names]) => names.length)) + 3;
  return rows.map(([names, summary]) => `  ${names.padEnd(width)}${summary}`);
}

function printHelp(): void {
  print(
    `Usage: ${PROGRAM} [OPTIONS] COMMAND`,
    "",
    "Looks into docker-containerd and works with what is in it.",
    "",
  );
  print("Commands:", ...list(ENTRIES), "", "Options:", flagHelp(FLAGS).trimEnd(), "");
  print(`Run ${PROGRAM} COMMAND --help for more on a command.`);
}

function printGroupHelp(name: string, group: Group): void {
  print(`Usage: ${PROGRAM} ${name} [OPTIONS] COMMAND`, "", group.summary, "");
  print("Commands:", ...list(group.commands), "", "Options:");
  print(flagHelp({ ...group.flags, ...HELP_FLAG }).trimEnd());
}
