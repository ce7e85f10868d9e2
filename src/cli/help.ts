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
  if (path === "docker") printRoot(cli);
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

function printRoot(cli: Cli): void {
  const names = Object.keys(COMMANDS);
  const groups = names.filter((name) => COMMANDS[name]!.group).sort();
  const others = names.filter((name) => !COMMANDS[name]!.group && !COMMON.includes(name)).sort();
  const section = (title: string, list: string[]) => `${title}:\n${rows(COMMANDS, list)}\n`;
  cli.out(
    `Usage:  docker [OPTIONS] COMMAND\n\nRuns containers: the client of dockerd\n\n${section("Common Commands", COMMON)}${section(
      "Management Commands",
      groups,
    )}${section("Commands", others)}Global Options:\n${flagHelp(GLOBAL_FLAGS, columns())}\nRun 'docker COMMAND --help' for more information on a command.\n`,
  );
}

function rows(entries: Record<string, Entry>, names: string[]): string {
  return names
    .filter((name) => entries[name] && !entries[name].hidden)
    .map((name) => `  ${name.padEnd(11)} ${entries[name]!.summary}\n`)
    .join("");
}
