import { readFileSync } from "node:fs";
import { errnoOf, invalidArgument, messageOf } from "../../errors/errors.ts";
import { defaultConfig, type EngineConfig } from "./config.ts";
import type { DockerdFlags } from "./flags.ts";
import { SETTINGS } from "./settings.ts";
import { validateConfig } from "./validate.ts";

/** Settings that stock shows as maps. */
const MAPS = ["log-opts"];
const entriesOf = (value: unknown) => Object.entries(value ?? {}).map(([name, text]) => `${name}:${text}`);

const DEFAULT_FILE = "/etc/docker/daemon.json";

/**
 * Merges defaults, daemon.json and flags. Errors: invalidArgument for unknown keys, bad values, and a setting that is
 * given both ways, since stock refuses to guess which one is meant.
 */
export function loadConfig(flags: DockerdFlags, stage: "start" | "reload" = "start"): EngineConfig {
  const config = defaultConfig();
  const file = readFile(flags["config-file"]);
  refuseUnknown(file.path, file.settings);
  refuseConflicts(flags, file.settings);
  config.inFile = Object.keys(file.settings);
  try {
    for (const setting of SETTINGS) {
      if (Object.hasOwn(file.settings, setting.key)) setting.apply(config, file.settings[setting.key]);
      const given = setting.flag === undefined ? undefined : flags[setting.flag];
      if (given !== undefined) setting.apply(config, given);
    }
    validateConfig(config);
  } catch (cause) {
    throw invalidArgument(`${WHEN[stage](file.path)}: ${messageOf(cause)}`, { cause });
  }
  if (config.hosts.length === 0) config.hosts = ["unix:///var/run/docker.sock"];
  if (config.debug) config.logLevel = "debug";
  return config;
}

/** How stock begins to say that values will not do. */
const WHEN = {
  start: (path: string) =>
    `unable to configure the Docker daemon with file ${path}: merged configuration validation from file and command line flags failed`,
  reload: () => "file configuration validation failed",
};

function readFile(given: string | undefined): { path: string; settings: Record<string, unknown> } {
  const path = given ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (given === undefined && errnoOf(error) === "ENOENT") return { path, settings: {} };
    throw invalidArgument(`unable to configure the Docker daemon with file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    const value: unknown = text.trim() === "" ? {} : (JSON.parse(text.replace(/^\ufeff/, "")) ?? {});
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Error("want a JSON object");
    return { path, settings: value as Record<string, unknown> };
  } catch (error) {
    throw invalidArgument(`unable to configure the Docker daemon with file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function refuseUnknown(path: string, settings: Record<string, unknown>): void {
  const unknown = Object.keys(settings).filter((key) => !SETTINGS.some((setting) => setting.key === key));
  if (unknown.length === 0) return;
  throw invalidArgument(
    `unable to configure the Docker daemon with file ${path}: the following directives don't match any configuration option: ${unknown.join(", ")}`,
  );
}

function refuseConflicts(flags: DockerdFlags, settings: Record<string, unknown>): void {
  const both = SETTINGS.filter(
    ({ key, flag }) => flag !== undefined && flags[flag] !== undefined && Object.hasOwn(settings, key),
  )
    .sort((a, b) => (a.flag! < b.flag! ? -1 : 1))
    .map(
      ({ key, flag }) =>
        `${key}: (from flag: ${show(flags[flag!], MAPS.includes(key))}, from file: ${show(settings[key], MAPS.includes(key))})`,
    );
  if (both.length === 0) return;
  throw invalidArgument(
    `unable to configure the Docker daemon with file ${flags["config-file"] ?? DEFAULT_FILE}: the following directives are specified both as a flag and in the configuration file: ${both.join(", ")}`,
  );
}

function show(value: unknown, asMap = false): string {
  if (asMap) {
    const pairs = Array.isArray(value)
      ? value.map((pair) => String(pair).replace("=", ":"))
      : entriesOf(value);
    return `map[${pairs.sort().join(" ")}]`;
  }
  return Array.isArray(value)
    ? `[${value.join(" ")}]`
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}
