/**
 * `docker __complete WORD...`: what could come at the end of a command line, for the scripts of shells. The protocol is
 * that of cobra, so that the scripts of the stock client work with this one: a line for each candidate, with a tab and
 * its description, then ":" and a number that says what the shell may add by itself.
 */
import { Cli } from "../cli.ts";
import { findCliPlugin, listCliPlugins } from "../cli_plugins/find.ts";
import { runCliPlugin } from "../cli_plugins/run.ts";
import { COMMANDS } from "../commands.ts";
import { FlagError, parseFlags } from "../flags/parse.ts";
import { GLOBAL_FLAGS, type GlobalFlags } from "../global.ts";
import { writeFully } from "../terminal/output.ts";
import { type Candidate, candidatesAt } from "./candidates.ts";
import { positionOf } from "./position.ts";

const WITH_FILES = 0;
const NO_FILES = 4;

/** Prints the candidates for the last of the words. Returns the exit code. */
export async function complete(words: readonly string[], descriptions: boolean): Promise<number> {
  const { values, rest } = globalsOf(words);
  const cli = new Cli(values as GlobalFlags);
  if (rest[0] !== undefined && !Object.hasOwn(COMMANDS, rest[0])) {
    const plugin = await findCliPlugin(cli, rest[0]);
    if (plugin) runCliPlugin(plugin, [descriptions ? "__complete" : "__completeNoDesc", ...words]);
  }
  const position = await positionOf(COMMANDS, words);
  const { list, files } = await candidatesAt(cli, position);
  if (position.kind === "command" && position.entries === COMMANDS) list.push(...(await pluginsOf(cli)));
  const prefix = words.at(-1) ?? "";
  const lines = list
    .filter(({ value }) => value.startsWith(prefix))
    .sort((a, b) => (a.value < b.value ? -1 : 1))
    .map(({ value, description }) => (descriptions && description ? `${value}\t${description}` : value));
  writeFully(1, [...lines, `:${files ? WITH_FILES : NO_FILES}`, ""].join("\n"));
  return 0;
}

async function pluginsOf(cli: Cli): Promise<Candidate[]> {
  const plugins = await listCliPlugins(cli, (name) => Object.hasOwn(COMMANDS, name));
  return plugins.flatMap(({ name, problem, ShortDescription }) =>
    problem === undefined ? [{ value: name, description: ShortDescription ?? "" }] : [],
  );
}

/** The global flags that were typed already, so that names come from the engine that is meant; and what follows them. */
function globalsOf(words: readonly string[]) {
  try {
    return parseFlags(GLOBAL_FLAGS, words.slice(0, -1), true);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return parseFlags(GLOBAL_FLAGS, [], true);
  }
}
