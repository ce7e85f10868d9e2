import { writeSync } from "node:fs";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Fields = Record<string, unknown>;

/** A daemon's own log, one line an entry. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  fatal(message: string, fields?: Fields): void;
  level: LogLevel;
}

export interface LogOptions {
  level?: LogLevel;
  /** "text" is logrus's key="value" form, as Docker's daemons write it. */
  format?: "text" | "json";
  write?: (line: string) => void;
}

/** Writes to stderr synchronously unless told otherwise, so that the last line before a crash is there. */
export function createLogger(options: LogOptions = {}): Logger {
  const { format = "text", write = (line: string) => void writeSync(2, line) } = options;
  const render = format === "json" ? renderJSON : renderText;
  const logger = { level: options.level ?? "info" } as Logger;
  for (const level of LOG_LEVELS) {
    logger[level] = (message, fields = {}) => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(logger.level)) return;
      try {
        write(`${render(level, message, fields)}\n`);
      } catch {
        // Nobody reads the log any more (EPIPE), or the disk is full: the daemon goes on.
      }
    };
  }
  return logger;
}

const WARN_NAME: Partial<Record<LogLevel, string>> = { warn: "warning" };

function renderText(level: LogLevel, message: string, fields: Fields): string {
  const head = `time="${new Date().toISOString()}" level=${WARN_NAME[level] ?? level} msg=${quote(message)}`;
  return (
    head +
    Object.entries(fields)
      .map(([key, value]) => ` ${key}=${quote(String(value))}`)
      .join("")
  );
}

function renderJSON(level: LogLevel, message: string, fields: Fields): string {
  return JSON.stringify({
    ...fields,
    level: WARN_NAME[level] ?? level,
    msg: message,
    time: new Date().toISOString(),
  });
}

function quote(text: string): string {
  return /^[\w./:@^+-]+$/.test(text) ? text : JSON.stringify(text);
}
