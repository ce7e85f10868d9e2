/**
 * CLI plugins: programs named docker-NAME that are commands of the client (`docker compose`, `docker buildx`). Each
 * answers `docker-cli-plugin-metadata` with JSON that says what it is.
 */
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";

const PREFIX = "docker-";
const NAME = /^[a-z][a-z0-9]*$/;
/** The only version of the metadata that there is. */
const SCHEMA = "0.1.0";
const WHY: Record<string, string> = {
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOEXEC: "exec format error",
};
/** Of the machine, in the order of precedence. */
const FOLDERS = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];

export interface CliPlugin {
  name: string;
  path: string;
  /** Why it is no use; the other fields are set then as far as they are known. */
  problem?: string;
  SchemaVersion?: string;
  Vendor?: string;
  Version?: string;
  ShortDescription?: string;
  URL?: string;
  /** Others of the same name, in folders of lower precedence. */
  shadowed?: string[];
}

/** Where plugins are looked for; the first one of a name is taken. */
function foldersOf(cli: Cli): string[] {
  const extra = cli.config["cliPluginsExtraDirs"];
  const own = Array.isArray(extra) ? extra.filter((folder) => typeof folder === "string") : [];
  return [...own, join(cli.configFolder, "cli-plugins"), ...FOLDERS];
}

/** All candidates, the useless ones with the reason, by name. Commands of the client itself may not be taken. */
export async function listCliPlugins(cli: Cli, builtin: (name: string) => boolean): Promise<CliPlugin[]> {
  const paths = new Map<string, string[]>();
  for (const folder of foldersOf(cli)) {
    for (const file of filesIn(folder)) {
      const name = file.slice(PREFIX.length);
      if (file.startsWith(PREFIX)) paths.set(name, [...(paths.get(name) ?? []), join(folder, file)]);
    }
  }
  const found = [...paths].map(async ([name, [path, ...shadowed]]) => {
    if (builtin(name))
      return { name, path: path!, problem: `plugin ${JSON.stringify(name)} duplicates builtin command` };
    return { ...(await examine(name, path!)), shadowed };
  });
  return (await Promise.all(found)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The plugin that is this command; undefined when there is none of any use. */
export async function findCliPlugin(cli: Cli, name: string): Promise<CliPlugin | undefined> {
  if (!NAME.test(name)) return undefined;
  const paths = foldersOf(cli).map((folder) => join(folder, PREFIX + name));
  const path = paths.find((each) => statSync(each, { throwIfNoEntry: false }) !== undefined);
  if (path === undefined) return undefined;
  const plugin = await examine(name, path);
  return plugin.problem === undefined ? plugin : undefined;
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
  } catch {
    return [];
  }
}

async function examine(name: string, path: string): Promise<CliPlugin> {
  if (!NAME.test(name))
    return {
      name,
      path,
      problem: `plugin candidate ${JSON.stringify(name)} did not match "${NAME.source}"`,
    };
  const answer = await askMetadata(path);
  if (answer.failure !== undefined)
    return { name, path, problem: `failed to fetch metadata: ${answer.failure}` };
  try {
    const metadata = JSON.parse(answer.output) as Omit<CliPlugin, "name" | "path">;
    const problem = problemOf(metadata);
    return { name, path, ...metadata, ...(problem === undefined ? {} : { problem }) };
  } catch {
    return {
      name,
      path,
      problem: `invalid metadata: ${JSON.stringify(answer.output.slice(0, 40))} is not JSON`,
    };
  }
}

function problemOf({ SchemaVersion, Vendor }: Partial<CliPlugin>): string | undefined {
  if (SchemaVersion !== SCHEMA)
    return `plugin SchemaVersion ${JSON.stringify(SchemaVersion ?? "")} is not valid, must be ${SCHEMA}`;
  return Vendor ? undefined : "plugin metadata does not define a vendor";
}

async function askMetadata(path: string): Promise<{ output: string; failure?: string }> {
  try {
    accessSync(path, constants.X_OK);
    const child = Bun.spawn([path, "docker-cli-plugin-metadata"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    const output = await new Response(child.stdout).text();
    const code = await child.exited;
    return code === 0 ? { output } : { output, failure: `exit status ${code}` };
  } catch (error) {
    const code = errnoOf(error) ?? String(error);
    const why = WHY[code] ?? code;
    return { output: "", failure: `fork/exec ${path}: ${why}` };
  }
}
