/** config.toml in containerd's form. Sections and keys that mean nothing here are named in a warning. */
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { invalidArgument, messageOf } from "../errors/errors.ts";
import { type Config, parseInterval } from "./config.ts";

type Table = Record<string, unknown>;

export interface FileConfig {
  config: Partial<Config>;
  /** Keys that have no effect. */
  ignored: string[];
}

/** Keys of containerd's own file that change nothing here and deserve no warning. */
const SILENT = new Set([
  "version",
  "disabled_plugins",
  "required_plugins",
  "oom_score",
  "imports",
  "temp",
  "plugin_dir",
]);

/** Reads the file. Errors: invalidArgument naming the file and what is wrong in it. */
export function readConfigFile(path: string): FileConfig {
  let table: Table;
  try {
    table = parse(readFileSync(path, "utf8")) as Table;
  } catch (cause) {
    throw invalidArgument(`config file ${path}: ${messageOf(cause).split("\n")[0]}`, { cause });
  }
  return interpret(table, path);
}

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
    const leaves = (value: unknown, path: string[]): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
        : [path.join(".")];
    return leaves(this.#table, []).filter(
      (key) => !this.#read.has(key) && !SILENT.has(key.split(".")[0] ?? ""),
    );
  }
}
