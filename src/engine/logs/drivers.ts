/** The log drivers by name. Those that send lines away are loaded when they are used. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import { parseSize } from "../../units/size.ts";
import { logAttributes } from "./attributes.ts";
import { FileLog } from "./files/driver.ts";
import { readFrames, readLog } from "./files/reader.ts";
import { JSON_LINES } from "./json-file/format.ts";
import { noLog } from "./none.ts";
import { checkKnown } from "./options.ts";
import type { RemoteKind } from "./remote/kinds.ts";
import { JSON_FILE_ROTATION, LOCAL_ROTATION, rotationOf } from "./rotation.ts";
import { expandTag } from "./tag.ts";
import type { LogContext, LogDriver } from "./types.ts";

type Options = Record<string, string>;

/** Options that the engine deals with, whatever the driver. */
const COMMON = [
  "mode",
  "max-buffer-size",
  "cache-disabled",
  "cache-max-size",
  "cache-max-file",
  "cache-compress",
];
const ROTATION = ["max-file", "max-size", "compress"];
const JSON_FILE = [...COMMON, ...ROTATION, "labels", "labels-regex", "env", "env-regex", "tag"];
const DEFAULT_BUFFER = 1024 * 1024;

const REMOTE: Record<string, () => Promise<RemoteKind>> = {
  syslog: async () => (await import("./remote/syslog.ts")).SYSLOG,
  journald: async () => (await import("./remote/journald.ts")).JOURNALD,
  gelf: async () => (await import("./remote/gelf.ts")).GELF,
  fluentd: async () => (await import("./remote/fluentd.ts")).FLUENTD,
};

/** The names that `docker info` lists. */
export const LOG_DRIVERS = ["json-file", "local", "none", ...Object.keys(REMOTE)].sort();

/** Errors: invalidArgument for an unknown driver or option. */
export async function checkLogConfig(driver: string, options: Options): Promise<void> {
  checkMode(options);
  if (driver === "none") return;
  if (driver === "json-file") {
    checkKnown(driver, options, JSON_FILE);
    rotationOf(options, JSON_FILE_ROTATION);
  } else if (driver === "local") {
    checkKnown(driver, options, [...COMMON, ...ROTATION]);
    rotationOf(options, LOCAL_ROTATION);
  } else {
    rotationOf(options, LOCAL_ROTATION, "cache-");
    (await remoteKind(driver)).check(ownOptions(options));
  }
}

function checkMode(options: Options): void {
  const mode = options["mode"] ?? "blocking";
  if (mode !== "blocking" && mode !== "non-blocking")
    throw invalidArgument(`logger: logging mode not supported: ${mode}`);
  if (options["max-buffer-size"] === undefined) return;
  if (mode === "blocking") {
    throw invalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  parseSize(options["max-buffer-size"]);
}

const ownOptions = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !COMMON.includes(name)));

function remoteKind(driver: string): Promise<RemoteKind> {
  const load = Object.hasOwn(REMOTE, driver) ? REMOTE[driver] : undefined;
  if (!load)
    throw invalidArgument(
      `error looking up logging plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
    );
  return load();
}

/** Opens the log of a container that is about to run, or that runs already. Errors: when a receiver is not there. */
export async function openLog(
  driver: string,
  options: Options,
  context: LogContext,
  log: Logger,
): Promise<LogDriver> {
  await checkLogConfig(driver, options);
  switch (driver) {
    case "none":
      return noLog;
    case "json-file": {
      const attributes = logAttributes(options, context);
      if (options["tag"]) attributes["tag"] = expandTag(options["tag"], context);
      const rotation = rotationOf(options, JSON_FILE_ROTATION);
      return new FileLog(driver, JSON_LINES, pathOf(driver, context), rotation, attributes);
    }
    case "local":
      return openLocal(driver, pathOf(driver, context), options, "");
    default:
      return openRemote(driver, options, context, log);
  }
}

async function openLocal(name: string, path: string, options: Options, prefix: string): Promise<FileLog> {
  const { LOCAL_RECORDS } = await import("./local/format.ts");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return new FileLog(name, LOCAL_RECORDS, path, rotationOf(options, LOCAL_ROTATION, prefix));
}

async function openRemote(
  driver: string,
  options: Options,
  context: LogContext,
  log: Logger,
): Promise<LogDriver> {
  const { RemoteLog } = await import("./remote/driver.ts");
  const { async: later, ...prepared } = (await remoteKind(driver)).prepare(ownOptions(options), context);
  const transport = later ? undefined : await prepared.connect();
  const buffer = options["max-buffer-size"];
  const away = new RemoteLog(
    {
      name: driver,
      ...prepared,
      ...(options["mode"] === "non-blocking"
        ? { nonBlocking: buffer === undefined ? DEFAULT_BUFFER : parseSize(buffer) }
        : {}),
      onFailure: (error) =>
        log.error("log lines of a container could not be delivered", {
          driver,
          container: context.id,
          error,
        }),
    },
    transport,
  );
  if (options["cache-disabled"] === "true") return away;
  const { DualLog } = await import("./remote/dual.ts");
  return new DualLog(away, await openLocal(driver, pathOf(driver, context), options, "cache-"));
}

/** Where a driver keeps the lines of a container. */
function pathOf(driver: string, { folder, id }: Pick<LogContext, "folder" | "id">): string {
  if (driver === "json-file") return join(folder, `${id}-json.log`);
  return join(folder, driver === "local" ? "local-logs/container.log" : "container-cached.log");
}

/** The log of a container that does not run, for reading. Undefined if the driver cannot be read. */
export async function openClosedLog(
  driver: string,
  options: Options,
  place: Pick<LogContext, "folder" | "id">,
): Promise<Pick<LogDriver, "read" | "readFrames"> | undefined> {
  if (driver === "none" || (driver !== "json-file" && options["cache-disabled"] === "true")) return undefined;
  const path = pathOf(driver, place);
  const format = driver === "json-file" ? JSON_LINES : (await import("./local/format.ts")).LOCAL_RECORDS;
  return {
    read: (read) => readLog(path, format, read, undefined),
    ...(format.frames
      ? { readFrames: (read, wanted) => readFrames(path, format, read, undefined, wanted) }
      : {}),
  };
}
