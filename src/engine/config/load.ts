import { readFileSync } from "node:fs";
import { errnoOf, invalidArgument, messageOf } from "../../errors/errors.ts";
import { defaultConfig, type EngineConfig } from "./config.ts";
import type { DockerdFlags } from "./flags.ts";
import { SETTINGS } from "./settings.ts";

const DEFAULT_FILE = "/etc/docker/daemon.json";

/**
 * Merges defaults, daemon.json and flags. Errors: invalidArgument for unknown keys, bad values, and a setting that is
 * given both ways, since stock refuses to guess which one is meant.
 */
export function loadConfig(flags: DockerdFlags): EngineConfig {
  const config = defaultConfig();
  const file = readFile(flags["config-file"]);
  refuseUnknown(file.path, file.settings);
  refuseConflicts(flags, file.settings);
  for (const setting of SETTINGS) {
    if (Object.hasOwn(file.settings, setting.key)) setting.apply(config, file.settings[setting.key]);
    const given = setting.flag === undefined ? undefined : flags[setting.flag];
    if (given !== undefined) setting.apply(config, given);
  }
  if (config.hosts.length === 0) config.hosts = ["unix:///var/run/docker.sock"];
  if (config.debug) config.logLevel = "debug";
  return config;
}

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
    const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
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
  ).map(({ key, flag }) => `${key}: (from flag: ${show(flags[flag!])}, from file: ${show(settings[key])})`);
  if (both.length === 0) return;
  throw invalidArgument(
    `unable to configure the Docker daemon with file ${flags["config-file"] ?? DEFAULT_FILE}: the following directives are specified both as a flag and in the configuration file: ${both.join(", ")}`,
  );
}

function show(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.join(" ")}]`
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}
