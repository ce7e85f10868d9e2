/** Messages in the two forms that callers of runc parse (those of logrus). */
import { invalidArgument, messageOf } from "../errors/errors.ts";
import { closeFd, O_APPEND, O_CREAT, O_WRONLY, openFd, writeFd } from "../linux/fd.ts";
import { ERRORS_ARE_LOGGED } from "../version/same-build.ts";

const STDERR = 2;

export interface Log {
  /** Undefined: stderr. */
  file: string | undefined;
  json: boolean;
}

type Level = "error" | "warning" | "info" | "debug";

function line(log: Log, level: Level, message: string): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (log.json) return `${JSON.stringify({ level, msg: message, time })}\n`;
  return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}\n`;
}

const print = (fd: number, text: string) => writeFd(fd, new TextEncoder().encode(text));

/** Throws where the log cannot be written to: nobody would be told of what goes wrong. */
export function checkLog({ file }: Log): void {
  if (file === undefined) return;
  try {
    closeFd(openFd(file, O_WRONLY | O_CREAT | O_APPEND, 0o644));
  } catch (error) {
    throw invalidArgument(`unable to open log file: open ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes a message to the log; a log that cannot be written to is no reason to fail. */
export function logMessage(log: Log, level: Level, message: string): void {
  const text = line(log, level, message);
  try {
    if (log.file === undefined) {
      print(STDERR, text);
      return;
    }
    const fd = openFd(log.file, O_WRONLY | O_CREAT | O_APPEND, 0o644);
    print(fd, text);
    closeFd(fd);
  } catch {
    // Nobody is left to tell.
  }
}

/** The error that ends the program: to the log, and in plain words to stderr if that is not the log (or the caller's to keep clean). */
export function logFatal(log: Log, message: string): void {
  logMessage(log, "error", message);
  if (log.file === undefined || process.env[ERRORS_ARE_LOGGED] === "1") return;
  try {
    print(STDERR, `${message}\n`);
  } catch {
    // stderr is closed.
  }
}
