/** Image configurations come from anywhere: what they hold is checked against image-spec config.md before it is believed. */
import { invalidArgument } from "../../errors/errors.ts";
import type { ContainerDefaults, ImageConfig } from "../types.ts";

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isFlag: Check = (value) => typeof value === "boolean";
const isTime: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isSet: Check = (value) =>
  isFields(value) && Object.values(value).every((one) => isFields(one) || one === null);
const isLabels: Check = (value) => isFields(value) && Object.values(value).every(isText);
const holds =
  (checks: Record<string, Check>): Check =>
  (value) =>
    isFields(value) && wrongField(value, checks) === undefined;

const HEALTHCHECK: Record<string, Check> = {
  Test: isTexts,
  Interval: isNumber,
  Timeout: isNumber,
  StartPeriod: isNumber,
  StartInterval: isNumber,
  Retries: isNumber,
};
const DEFAULTS: Record<string, Check> = {
  ...Object.fromEntries(
    ["Hostname", "Domainname", "User", "WorkingDir", "StopSignal", "Image"].map((name) => [name, isText]),
  ),
  ...Object.fromEntries(["Env", "Cmd", "Entrypoint", "OnBuild", "Shell"].map((name) => [name, isTexts])),
  ...Object.fromEntries(["Tty", "OpenStdin", "StdinOnce", "ArgsEscaped"].map((name) => [name, isFlag])),
  ExposedPorts: isSet,
  Volumes: isSet,
  Labels: isLabels,
  StopTimeout: isNumber,
  Healthcheck: holds(HEALTHCHECK),
};
const HISTORY: Record<string, Check> = {
  created: isTime,
  created_by: isText,
  author: isText,
  comment: isText,
  empty_layer: isFlag,
};
const IMAGE: Record<string, Check> = {
  ...Object.fromEntries(
    [
      "architecture",
      "os",
      "variant",
      "author",
      "comment",
      "parent",
      "docker_version",
      "container",
      "os.version",
    ].map((name) => [name, isText]),
  ),
  created: isTime,
  config: holds(DEFAULTS),
  container_config: holds(DEFAULTS),
  history: (value) => Array.isArray(value) && value.every(holds(HISTORY)),
};

/** The first field that is there and not what it should be; null counts as not there, as in Go. */
const wrongField = (fields: Fields, checks: Record<string, Check>): string | undefined =>
  Object.keys(checks).find((name) => (fields[name] ?? null) !== null && !checks[name]!(fields[name]));

/** Takes a command that is one word for a list of it, as stock does. Errors: invalidArgument, naming the field. */
export function checkConfig(config: ImageConfig): void {
  for (const part of [config.config, config.container_config]) if (isFields(part)) commandsAsLists(part);
  const wrong = wrongField(config as unknown as Fields, IMAGE);
  if (wrong === undefined) return;
  const inner = (config as unknown as Fields)[wrong];
  const field = isFields(inner) ? wrongField(inner, DEFAULTS) : undefined;
  throw invalidArgument(
    `invalid image configuration: ${wrong}${field ? `.${field}` : ""} is not of its type`,
  );
}

function commandsAsLists(part: ContainerDefaults): void {
  for (const name of ["Cmd", "Entrypoint"] as const) {
    const value: unknown = part[name];
    if (typeof value === "string") part[name] = [value];
  }
}
