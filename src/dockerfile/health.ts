import { parseDuration } from "../units/duration.ts";
import { readFlags } from "./flags.ts";
import { commandLine, type Statement } from "./statement.ts";
import type { HealthCheck } from "./types.ts";

const FLAGS = {
  interval: "string",
  timeout: "string",
  "start-period": "string",
  "start-interval": "string",
  retries: "string",
} as const;

const MILLISECOND = 1e6;

/** HEALTHCHECK. Errors: Error. */
export function readHealth(statement: Statement): HealthCheck {
  const [, type = "", rest = ""] = /^(\S+)?\s*(.*)$/s.exec(statement.rest) ?? [];
  if (type === "") throw new Error("HEALTHCHECK requires at least one argument");
  if (type.toUpperCase() === "NONE") {
    if (rest !== "") throw new Error("HEALTHCHECK NONE takes no arguments");
    return { Test: ["NONE"] };
  }
  const flags = readFlags(statement.flags, FLAGS);
  if (type.toUpperCase() !== "CMD")
    throw new Error(`Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  const command = commandLine(rest);
  if (command.words.length === 0) throw new Error("Missing command after HEALTHCHECK CMD");
  const health: HealthCheck = { Test: [command.shell ? "CMD-SHELL" : "CMD", ...command.words] };
  const set = (
    field: "Interval" | "Timeout" | "StartPeriod" | "StartInterval",
    value: string | undefined,
  ) => {
    const time = value === undefined ? 0 : durationOf(field, value);
    if (time !== 0) health[field] = time;
  };
  set("Interval", flags.interval);
  set("Timeout", flags.timeout);
  set("StartPeriod", flags["start-period"]);
  set("StartInterval", flags["start-interval"]);
  const retries = flags.retries === undefined ? 0 : retriesOf(flags.retries);
  if (retries !== 0) health.Retries = retries;
  return health;
}

function durationOf(field: string, text: string): number {
  const time = parseDuration(text);
  if (time < 0 || (time > 0 && time < MILLISECOND))
    throw new Error(`Interval ${JSON.stringify(field.toLowerCase())} cannot be less than 1ms`);
  return time;
}

function retriesOf(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 0) throw new Error(`--retries cannot be negative (${Number(text)})`);
  return Number(text);
}
