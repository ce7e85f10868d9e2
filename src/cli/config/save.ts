import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { writeAtomic } from "../../files/atomic.ts";
import type { Cli } from "../cli.ts";
import { type ConfigFile, configPath } from "./file.ts";

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** Replaces config.json, in place where it is a link. Fields that the client does not know are kept. */
export function saveConfig(cli: Cli, change: (config: ConfigFile) => void): void {
  const config = cli.config;
  change(config);
  const { auths = {}, ...rest } = config;
  const path = configPath(cli.configFolder);
  mkdirSync(cli.configFolder, { recursive: true, mode: PRIVATE_FOLDER });
  const target = existsSync(path) ? realpathSync(path) : path;
  writeAtomic(target, JSON.stringify({ auths, ...rest }, null, "\t"), { mode: PRIVATE_FILE });
}
