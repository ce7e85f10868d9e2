import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";
import { logAttributes } from "./attributes.ts";
import { JsonFileLog } from "./json-file/driver.ts";
import type { RotationOptions } from "./json-file/files.ts";
import { readLog } from "./json-file/reader.ts";
import { noLog } from "./none.ts";
import { checkKnown, parseCount } from "./options.ts";
import type { LogDriver, LogEntry, ReadOptions } from "./types.ts";

/** What a log driver may know of the container it logs. */
export interface LogContext {
  id: string;
  name: string;
  labels: Record<string, string>;
  env: readonly string[];
  /** Where a driver that writes files puts them, without suffix. */
  path: string;
}

const COMMON = ["mode", "max-buffer-size"];
const JSON_FILE = [
  ...COMMON,
  "max-file",
  "max-size",
  "compress",
  "labels",
  "labels-regex",
  "env",
  "env-regex",
  "tag",
];

/** The names that `docker info` lists. */
export const LOG_DRIVERS = ["json-file", "none"] as const;

/** Errors: invalidArgument for an unknown driver or option. */
export function checkLogConfig(driver: string, options: Record<string, string>): void {
  switch (driver) {
    case "none":
      return;
    case "json-file":
      checkKnown(driver, options, JSON_FILE);
      rotationOf(options);
      return;
    default:
      throw invalidArgument(`logger: no log driver named '${driver}' is registered`);
  }
}

/** Opens the log of a container that is about to run, or that runs already. */
export function openLog(driver: string, options: Record<string, string>, context: LogContext): LogDriver {
  checkLogConfig(driver, options);
  if (driver === "none") return noLog;
  return new JsonFileLog(context.path, rotationOf(options), logAttributes(options, context));
}

/** Reads the log of a container that does not run. Undefined if the driver cannot be read. */
export function readClosedLog(
  driver: string,
  path: string,
  options: ReadOptions,
): AsyncIterable<LogEntry> | undefined {
  return driver === "json-file" ? readLog(path, options, undefined) : undefined;
}

function rotationOf(options: Record<string, string>): RotationOptions {
  const size = options["max-size"];
  const files = options["max-file"];
  let maxSize = 0;
  if (size !== undefined && size !== "-1") {
    try {
      maxSize = parseSize(size);
    } catch (cause) {
      throw invalidArgument(`invalid log-opt max-size=${size}: ${messageOf(cause)}`, { cause });
    }
    if (maxSize <= 0) throw invalidArgument("max-size must be a positive number");
  }
  const maxFiles = files === undefined ? 1 : parseCount("max-file", files);
  if (maxFiles < 1) throw invalidArgument("max-file cannot be less than 1");
  const compress = options["compress"] === "true";
  if (compress && (maxFiles === 1 || maxSize === 0)) {
    throw invalidArgument("compress cannot be true when max-file is less than 2 or max-size is not set");
  }
  return { maxSize, maxFiles, compress };
}
