import { Cli } from "./cli.ts";
import { type Command, type Entry, ExitError, UsageError } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { describe } from "./describe.ts";
import { FlagError, HelpAsked, parseFlags } from "./flags/parse.ts";
import type { FlagValues } from "./flags/spec.ts";
import { GLOBAL_FLAGS, type GlobalFlags } from "./global.ts";
import { writeFully } from "./terminal/output.ts";

const FLAG_ERROR_CODE = 125;
const LOG_LEVELS = new Set(["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"]);

/** Runs the client with these arguments; returns the exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof ExitError) {
      if (error.message !== "") writeFully(2, `${error.message}\n`);
      return error.code;
    }
    writeFully(2, `${describe(error)}\n`);
    return 1;
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  if (args[0] === "__complete" || args[0] === "__completeNoDesc")
    return (await import("./completion/complete.ts")).complete(args.slice(1), args[0] === "__complete");
  const global = parseGlobal(args);
  const flags = global.values as GlobalFlags;
  if (flags.version) {
    const { versionLine } = await import("../version/version.ts");
    writeFully(1, `${versionLine("Docker")}\n`);
    return 0;
  }
  if (flags["log-level"] && !LOG_LEVELS.has(flags["log-level"].toLowerCase()))
    throw new ExitError(1, `Unable to parse logging level: ${flags["log-level"]}`);
  const cli = new Cli(flags);
  if (flags.help || global.rest.length === 0 || global.rest[0] === "help") {
    const help = global.rest[0] === "help" ? global.rest.slice(1) : global.rest;
    if (help[0] !== undefined && !Object.hasOwn(COMMANDS, help[0])) await becomeCliPlugin(cli, help[0], args);
    return (await import("./help.ts")).printHelpFor(cli, help);
  }
  if (!Object.hasOwn(COMMANDS, global.rest[0]!)) await becomeCliPlugin(cli, global.rest[0]!, args);
  return runNamed(cli, COMMANDS, "docker", global.rest);
}

/** Ends here when there is a plugin for the command; returns when there is none. */
async function becomeCliPlugin(cli: Cli, name: string, args: readonly string[]): Promise<void> {
  const plugin = await (await import("./cli_plugins/find.ts")).findCliPlugin(cli, name);
  if (plugin) (await import("./cli_plugins/run.ts")).runCliPlugin(plugin, args);
}

function parseGlobal(args: readonly string[]) {
  try {
    return parseFlags(GLOBAL_FLAGS, args, true);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new ExitError(
      FLAG_ERROR_CODE,
      `${error.message}\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information`,
    );
  }
}

async function runNamed(
  cli: Cli,
  entries: Record<string, Entry>,
  path: string,
  words: string[],
): Promise<number> {
  const [name, ...rest] = words as [string, ...string[]];
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (!entry) {
    if (path === "docker" && (rest.includes("--help") || rest.includes("-h")))
      return (await import("./help.ts")).printHelpFor(cli, []);
    const usage = path === "docker" ? "" : `Usage:  ${path}\n\n`;
    throw new ExitError(
      1,
      `docker: unknown command: ${path} ${name}\n\n${usage}Run '${path} --help' for more information`,
    );
  }
  const inner = `${path} ${name}`;
  if (entry.group) return runGroup(cli, entry, inner, rest);
  const command = (await entry.load!()).default;
  return runCommand(cli, command, inner, rest);
}

async function runGroup(cli: Cli, entry: Entry, path: string, words: string[]): Promise<number> {
  const first = words[0];
  if (first === undefined || first === "--help" || first === "-h") {
    if (first === "-h") cli.out("Flag shorthand -h has been deprecated, use --help\n");
    (await import("./help.ts")).printGroup(cli, entry, path, first !== undefined);
    return 0;
  }
  if (first.startsWith("-")) {
    const what = first.startsWith("--")
      ? `unknown flag: ${first.split("=")[0]}`
      : `unknown shorthand flag: '${first[1]}' in ${first}`;
    throw new ExitError(
      FLAG_ERROR_CODE,
      `${what}\n\nUsage:  ${path}\n\nRun '${path} --help' for more information`,
    );
  }
  return runNamed(cli, entry.group!, path, words);
}

async function runCommand(cli: Cli, command: Command, path: string, words: string[]): Promise<number> {
  const usage = `Usage:  ${path}${command.usage === "" ? "" : ` ${command.usage}`}\n\n`;
  const hint = `Run '${path} --help' for more information`;
  try {
    const parsed = parseFlags(command.flags, words, command.stopAtFirst === true);
    if (command.since) await requireVersion(cli, command.since, path);
    for (const note of parsed.notes) cli.out(`${note}\n`);
    checkCount(command, path, parsed.rest, usage);
    for (const name of parsed.given) {
      const since = command.flags[name]?.since;
      if (since) await requireVersion(cli, since, `"--${name}"`);
    }
    const invocation = {
      flags: parsed.values as FlagValues<typeof command.flags>,
      args: parsed.rest,
      given: parsed.given,
      path,
    };
    return (await command.run(cli, invocation)) ?? 0;
  } catch (error) {
    if (error instanceof HelpAsked) {
      cli.out(error.message);
      (await import("./help.ts")).printCommand(cli, command, path);
      return 0;
    }
    if (error instanceof FlagError)
      throw new ExitError(FLAG_ERROR_CODE, `${error.message}\n\n${usage}${hint}`);
    if (error instanceof UsageError) throw new ExitError(1, `docker: ${error.message}\n\n${usage}${hint}`);
    if (error instanceof ExitError || command.failureCode === undefined) throw error;
    throw new ExitError(command.failureCode, `docker: ${describe(error)}\n\n${hint}`);
  }
}

/** Refuses what the engine is too old for. */
async function requireVersion(cli: Cli, since: string, what: string): Promise<void> {
  if (await cli.client.supports(since)) return;
  throw new ExitError(
    1,
    `${what} requires API version ${since}, but the Docker daemon API version is ${cli.client.version}`,
  );
}

function checkCount({ count }: Command, path: string, args: string[], usage: string): void {
  const { least = 0, most } = count;
  if (args.length >= least && args.length <= (most ?? Number.POSITIVE_INFINITY)) return;
  const plural = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
  const see = `'${path} --help' for more information`;
  const fail = (what: string, verb = "Run") =>
    new ExitError(1, `docker: '${path}' ${what}\n\n${usage}${verb} ${see}`);
  if (most === 0) throw fail("accepts no arguments");
  if (most === least) throw fail(`requires ${plural(least)}`);
  if (most === undefined) throw fail(`requires at least ${plural(least)}`, "See");
  if (least === 0) throw fail(`requires at most ${plural(most)}`);
  throw fail(`requires at least ${least} and at most ${plural(most)}`);
}
