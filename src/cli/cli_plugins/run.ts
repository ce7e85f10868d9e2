import { becomeProgram } from "../../linux/exec.ts";
import type { CliPlugin } from "./find.ts";

/** Becomes the plugin, with all words of the command line, global flags too: it reads them itself. */
export function runCliPlugin({ path }: CliPlugin, args: readonly string[]): never {
  const env = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  becomeProgram(path, [path, ...args], {
    ...Object.fromEntries(env),
    // What a plugin calls to have the client's own commands.
    DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: process.argv0,
  });
}
