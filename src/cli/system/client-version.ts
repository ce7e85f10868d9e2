import { API_VERSION, BUILD_TIME, BUN_VERSION, GIT_COMMIT, VERSION } from "../../version/version.ts";
import type { Cli } from "../cli.ts";
import { contextName } from "../connection.ts";
import type { Field } from "../template/struct.ts";

export const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

/** What the client says of itself, as the fields of Go's client; the API version is empty until one was settled. */
export function clientFields(cli: Cli, apiVersion: string): Record<string, Field> {
  return {
    Platform: { value: null, omitEmpty: true },
    Version: { value: VERSION, omitEmpty: true },
    APIVersion: { value: apiVersion, json: "ApiVersion", omitEmpty: true },
    DefaultAPIVersion: { value: API_VERSION, omitEmpty: true },
    GitCommit: { value: GIT_COMMIT, omitEmpty: true },
    GoVersion: { value: `bun${BUN_VERSION}`, omitEmpty: true },
    Os: { value: "linux", omitEmpty: true },
    Arch: { value: ARCHITECTURE, omitEmpty: true },
    BuildTime: { value: ansicTime(BUILD_TIME), omitEmpty: true },
    Context: { value: contextName(cli.global, cli.config) },
  };
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** RFC 3339 as "Fri May 30 12:07:14 2025"; what is none stays as it is. */
export function ansicTime(text: string): string {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) return text;
  const [, year, month, day, time] = match;
  const weekday = DAYS[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()];
  return `${weekday} ${MONTHS[Number(month) - 1]} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
