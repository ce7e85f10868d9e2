/** config.toml in containerd's form. Sections and keys that mean nothing here are named in a warning. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "smol-toml";
import { invalidArgument, messageOf } from "../errors/errors.ts";
import { type Config, parseInterval } from "./config.ts";

type Table = Record<string, unknown>;

export interface FileConfig {
  config: Partial<Config>;
  /** Keys, and sections of plugins, that ask for something that has no effect. */
  ignored: string[];
}

/** Keys of containerd's own file that change nothing here and deserve no warning. */
const SILENT = new Set(["version", "disabled_plugins", "required_plugins", "imports", "temp", "plugin_dir"]);

/** How much of a key names what stands and falls together: a plugin, or a whole section. */
const LENGTHS: Record<string, number | undefined> = {
  plugins: 2,
  stream_processors: 1,
  proxy_plugins: 1,
  timeouts: 1,
};

/** Reads the file, and those that it imports. Errors: invalidArgument naming the file and what is wrong in it. */
export function readConfigFile(path: string): FileConfig {
  return interpret(readTable(path, new Set()), path);
}

function readTable(path: string, seen: Set<string>): Table {
  if (seen.has(path)) return {};
  seen.add(path);
  let table: Table;
  try {
    table = parse(readFileSync(path, "utf8")) as Table;
  } catch (cause) {
    throw invalidArgument(`config file ${path}: ${messageOf(cause).split("\n")[0]}`, { cause });
  }
  const imports = table["imports"] ?? [];
  if (!Array.isArray(imports) || imports.some((one) => typeof one !== "string"))
    throw invalidArgument(`config file ${path}: imports must be a list of paths`);
  const paths = (imports as string[]).flatMap((pattern) => matching(resolve(dirname(path), pattern)));
  return paths.reduce((whole, one) => merged(whole, readTable(one, seen)), table);
}

/** The file itself, which must be there, or all that a pattern fits, in order. */
function matching(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const glob = new Bun.Glob(pattern.slice(1));
  return [...glob.scanSync({ cwd: "/", dot: true })].sort().map((path) => `/${path}`);
}

/** What is imported counts for more, as containerd has it; lists are joined. */
function merged(below: Table, above: Table): Table {
  const both = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = both[key];
    if (isTable(old) && isTable(value)) both[key] = merged(old, value);
    else if (Array.isArray(old) && Array.isArray(value)) both[key] = [...old, ...(value as unknown[])];
    else both[key] = value;
  }
  return both;
}

const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

function interpret(table: Table, path: string): FileConfig {
  const reader = new TableReader(table, path);
  const config: Partial<Config> = {
    root: reader.text("root"),
    state: reader.text("state"),
    socket: reader.text("grpc", "address"),
    socketUid: reader.number("grpc", "uid"),
    socketGid: reader.number("grpc", "gid"),
    metricsAddress: reader.text("metrics", "address"),
    shim: reader.text("shim") ?? reader.text("plugins", "linux", "shim"),
    runtime: reader.text("runtime") ?? reader.text("plugins", "linux", "runtime"),
  };
  const score = reader.number("oom_score");
  if (score !== undefined && score !== 0) config.oomScore = score;
  const tasks = reader.number("tasks_per_shim");
  if (tasks !== undefined) config.tasksPerShim = tasks;
  const level = reader.text("debug", "level");
  if (level !== undefined) config.debug = level === "debug" || level === "trace";
  const interval = reader.text("metrics_interval");
  if (interval !== undefined) config.metricsInterval = parseInterval(interval);
  return { config, ignored: reader.unread() };
}

class TableReader {
  readonly #table: Table;
  readonly #path: string;
  readonly #read = new Set<string>();

  constructor(table: Table, path: string) {
    this.#table = table;
    this.#path = path;
  }

  #get(keys: string[]): unknown {
    this.#read.add(keys.join("."));
    let value: unknown = this.#table;
    for (const key of keys) value = (value as Table | undefined)?.[key];
    return value;
  }

  text(...keys: string[]): string | undefined {
    const value = this.#get(keys);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return value;
    throw invalidArgument(`config file ${this.#path}: ${keys.join(".")} must be a string`);
  }

  number(...keys: string[]): number | undefined {
    const value = this.#get(keys);
    if (value === undefined || typeof value === "number") return value;
    throw invalidArgument(`config file ${this.#path}: ${keys.join(".")} must be a number`);
  }

  unread(): string[] {
    const leaves = (value: unknown, path: string[]): string[][] =>
      isTable(value)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
        : isNothing(value)
          ? []
          : [path];
    const unread = leaves(this.#table, []).filter(
      (path) => !this.#read.has(path.join(".")) && !SILENT.has(path[0] ?? ""),
    );
    const names = unread.map((path) => path.slice(0, LENGTHS[path[0] ?? ""]).join("."));
    return [...new Set(names)];
  }
}

/** What asks for nothing. */
const isNothing = (value: unknown): boolean =>
  value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
