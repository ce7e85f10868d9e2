import type { Cli } from "./cli.ts";
import type { Command, Entry } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { flagHelp } from "./flags/help.ts";
import { GLOBAL_FLAGS } from "./global.ts";
import { terminalSize } from "./terminal/size.ts";

const COMMON = [
  "run",
  "exec",
  "ps",
  "build",
  "pull",
  "push",
  "images",
  "login",
  "logout",
  "search",
  "version",
  "info",
];

/** Width of the names in lists of commands. */
const NAME_COLUMN = 11;

const columns = () => terminalSize(1)?.columns ?? 80;

/** `docker help [COMMAND...]`. Returns the exit code. */
export async function printHelpFor(cli: Cli, words: string[]): Promise<number> {
  let entries = COMMANDS;
  let path = "docker";
  for (const word of words) {
    const entry = entries[word];
    if (!entry) {
      cli.err(`unknown help topic: ${words.join(" ")}\n`);
      return 1;
    }
    path += ` ${word}`;
    if (entry.load) {
      printCommand(cli, (await entry.load()).default, path);
      return 0;
    }
    entries = entry.group ?? {};
  }
  if (path === "docker") await printRoot(cli);
  else printGroup(cli, { summary: "", group: entries }, path);
  return 0;
}

/** Usage, purpose, aliases and options of a command. */
export function printCommand(cli: Cli, command: Command, path: string): void {
  let text = `Usage:  ${path}${command.usage === "" ? "" : ` ${command.usage}`}\n\n${command.summary}\n`;
  if (command.aliases) text += `\nAliases:\n  ${command.aliases.join(", ")}\n`;
  const options = flagHelp(command.flags, columns());
  if (options !== "") text += `\nOptions:\n${options}`;
  cli.out(text);
}

/** Usage and commands of a group; on stderr when the command was left out instead of asking for help. */
export function printGroup(cli: Cli, entry: Entry, path: string, asked = true): void {
  const summary = entry.summary === "" ? "" : `${entry.summary}\n\n`;
  const print = (text: string) => (asked ? cli.out(text) : cli.err(text));
  print(
    `Usage:  ${path} COMMAND\n\n${summary}Commands:\n${rows(entry.group!, Object.keys(entry.group!).sort())}\nRun '${path} COMMAND --help' for more information on a command.\n`,
  );
}

async function printRoot(cli: Cli): Promise<void> {
  const names = Object.keys(COMMANDS);
  const groups = names.filter((name) => COMMANDS[name]!.group).sort();
  const others = names.filter((name) => !COMMANDS[name]!.group && !COMMON.includes(name)).sort();
  const plugins = await pluginEntries(cli);
  const width = Math.max(NAME_COLUMN, ...[plugins.good, plugins.bad].flatMap(Object.keys).map(lengthOf));
  const section = (title: string, entries: Record<string, Entry>, list: string[]) =>
    `${title}:\n${rows(entries, list, width)}\n`;
  const management = { ...COMMANDS, ...plugins.good };
  const bad = Object.keys(plugins.bad);
  cli.out(
    `Usage:  docker [OPTIONS] COMMAND\n\nRuns containers: the client of dockerd\n\n${section("Common Commands", COMMANDS, COMMON)}${section(
      "Management Commands",
      management,
      [...groups, ...Object.keys(plugins.good)].sort(),
    )}${section("Commands", COMMANDS, others)}${
      bad.length > 0 ? section("Invalid Plugins", plugins.bad, bad) : ""
    }Global Options:\n${flagHelp(GLOBAL_FLAGS, columns())}\nRun 'docker COMMAND --help' for more information on a command.\n`,
  );
}

const lengthOf = (text: string) => text.length;

/** CLI plugins as entries of the help: those of use with a star, the others with the reason. */
async function pluginEntries(cli: Cli): Promise<Record<"good" | "bad", Record<string, Entry>>> {
  const { listCliPlugins } = await import("./cli_plugins/find.ts");
  const plugins = await listCliPlugins(cli, (name) => Object.hasOwn(COMMANDS, name));
  const good = plugins.filter(({ problem }) => problem === undefined);
  const bad = plugins.filter(({ problem }) => problem !== undefined);
  return {
    good: Object.fromEntries(
      good.map(({ name, ShortDescription: summary = "" }) => [`${name}*`, { summary }]),
    ),
    bad: Object.fromEntries(bad.map(({ name, problem = "" }) => [name, { summary: problem }])),
  };
}

function rows(entries: Record<string, Entry>, names: string[], width = NAME_COLUMN): string {
  return names
    .filter((name) => entries[name] && !entries[name].hidden)
    .map((name) => `  ${name.padEnd(width)} ${entries[name]!.summary}\n`)
    .join("");
}
