/**
 * A container's network by CNI (its specification, version 1.0): the first configuration of a folder names plugins, each
 * a program that is told by its environment and its input what to do.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { invalidArgument, notFound, systemError } from "../../errors/errors.ts";

export const CNI_CONF_FOLDER = "/etc/cni/net.d";
/** Where CNI's own packages put the plugins, and where Debian does. */
const PLUGIN_FOLDERS = ["/opt/cni/bin", "/usr/lib/cni"];
const INTERFACE = "eth0";

export interface Network {
  /** Connects the network namespace of a process. Errors: what the plugin says. */
  add(id: string, pid: number): Promise<void>;
  /** Takes back what add() did; the process may be gone. */
  remove(id: string): Promise<void>;
}

type Config = Record<string, unknown> & { type?: string };

interface List {
  name: string;
  cniVersion: string;
  plugins: Config[];
}

/** The first configuration by name. Errors: notFound, invalidArgument. */
function readList(folder: string): List {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const name = names.find((one) => /\.(conf|conflist|json)$/.test(one));
  if (name === undefined) throw notFound(`cni config load failed: no network config found in ${folder}`);
  const path = join(folder, name);
  let read: Config & { name?: string; cniVersion?: string; plugins?: Config[] };
  try {
    read = JSON.parse(readFileSync(path, "utf8")) as typeof read;
  } catch (cause) {
    throw invalidArgument(`cni config ${path}: ${(cause as Error).message}`, { cause });
  }
  const plugins = name.endsWith(".conflist") ? (read.plugins ?? []) : [read];
  if (read.name === undefined || plugins.length === 0 || plugins.some(({ type }) => type === undefined))
    throw invalidArgument(`cni config ${path}: a name and the type of each plugin are wanted`);
  return { name: read.name, cniVersion: read.cniVersion ?? "0.2.0", plugins };
}

function pluginPath(type: string, folders: readonly string[]): string {
  const path = folders.map((folder) => join(folder, type)).find((one) => existsSync(one));
  if (path === undefined)
    throw notFound(`failed to find plugin ${JSON.stringify(type)} in path [${folders.join(" ")}]`);
  return path;
}

async function call(path: string, env: Record<string, string>, config: object): Promise<string> {
  const child = Bun.spawn([path], {
    env: { ...process.env, ...env },
    stdin: new Blob([JSON.stringify(config)]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code === 0) return stdout;
  throw systemError(`cni plugin ${path} ${env["CNI_COMMAND"]}: ${wordsOf(stdout) ?? stderr.trim()}`);
}

/** A plugin tells its errors as JSON. */
function wordsOf(stdout: string): string | undefined {
  try {
    return (JSON.parse(stdout) as { msg?: string }).msg;
  } catch {
    return undefined;
  }
}

/** The network that a folder's configuration describes. Errors: notFound, invalidArgument. */
export async function cniNetwork(confFolder = CNI_CONF_FOLDER, binFolder?: string): Promise<Network> {
  const { name, cniVersion, plugins } = readList(confFolder);
  const folders = binFolder === undefined ? PLUGIN_FOLDERS : [binFolder];
  let result: unknown;
  const run = (command: "ADD" | "DEL", id: string, netns: string, plugin: Config): Promise<string> => {
    const env = {
      ...{ CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: INTERFACE },
      ...{ CNI_ARGS: "", CNI_PATH: folders.join(":") },
    };
    const previous = result === undefined ? {} : { prevResult: result };
    const { capabilities: _, ...config } = plugin;
    return call(pluginPath(plugin.type!, folders), env, { ...config, name, cniVersion, ...previous });
  };
  return {
    async add(id, pid) {
      for (const plugin of plugins) result = JSON.parse(await run("ADD", id, `/proc/${pid}/ns/net`, plugin));
    },
    async remove(id) {
      for (const plugin of plugins.toReversed()) await run("DEL", id, "", plugin);
    },
  };
}
