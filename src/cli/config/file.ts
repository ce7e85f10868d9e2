import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf } from "../../errors/errors.ts";

/** A registry's entry under `auths`. */
export interface AuthEntry {
  /** base64 of "name:password". */
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
  email?: string;
}

/** The client's config.json, the fields that are known; others are kept when it is written. */
export interface ConfigFile {
  auths?: Record<string, AuthEntry>;
  HttpHeaders?: Record<string, string>;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  detachKeys?: string;
  currentContext?: string;
  psFormat?: string;
  imagesFormat?: string;
  networksFormat?: string;
  volumesFormat?: string;
  statsFormat?: string;
  proxies?: Record<string, Record<string, string>>;
  [name: string]: unknown;
}

/** The folder of config.json: --config, DOCKER_CONFIG, or .docker in the home folder. */
export function configFolder(given: string | undefined): string {
  return given ?? (process.env["DOCKER_CONFIG"] || join(process.env["HOME"] || "/root", ".docker"));
}

export const configPath = (folder: string): string => join(folder, "config.json");

/** Reads config.json; one that is missing or broken counts as empty, the latter with a warning. */
export function loadConfig(folder: string, warn: (message: string) => void): ConfigFile {
  const path = configPath(folder);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ConfigFile;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR")
      warn(`Error loading config file: ${path}: ${messageOf(error)}`);
    return {};
  }
}
