import type { ImageConfig } from "../../../api/schema.ts";
import type { ContainerDefaults } from "../../../images/types.ts";
import type { ApiVersion } from "../../http/version.ts";

/** Fields that are only there when set, in every version, in the order that stock writes them. */
const OPTIONAL = [
  "Healthcheck",
  "ArgsEscaped",
  "NetworkDisabled",
  "MacAddress",
  "StopSignal",
  "StopTimeout",
  "Shell",
];

/** Before 1.50 an image's configuration was a container's, with all its fields, set or not. */
export function inspectConfig(version: ApiVersion, config: ContainerDefaults | ImageConfig): ImageConfig {
  const given = config as Record<string, unknown>;
  return (version.atLeast("1.50") ? imageForm(given) : containerForm(given)) as ImageConfig;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || value === false || value === 0;

/** Fields of an image-spec configuration and Docker's own additions, the empty ones left out. */
const IMAGE_FIELDS = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
];

function imageForm(config: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown): boolean =>
    isEmpty(value) || (typeof value === "object" && Object.keys(value as object).length === 0);
  return Object.fromEntries(
    IMAGE_FIELDS.filter((field) => !empty(config[field])).map((field) => [field, config[field]]),
  );
}

function containerForm(config: Record<string, unknown>): Record<string, unknown> {
  const form: Record<string, unknown> = {
    Hostname: config["Hostname"] ?? "",
    Domainname: config["Domainname"] ?? "",
    User: config["User"] ?? "",
    AttachStdin: config["AttachStdin"] ?? false,
    AttachStdout: config["AttachStdout"] ?? false,
    AttachStderr: config["AttachStderr"] ?? false,
  };
  if (!isEmpty(config["ExposedPorts"])) form["ExposedPorts"] = config["ExposedPorts"];
  Object.assign(form, {
    Tty: config["Tty"] ?? false,
    OpenStdin: config["OpenStdin"] ?? false,
    StdinOnce: config["StdinOnce"] ?? false,
    Env: config["Env"] ?? null,
    Cmd: config["Cmd"] ?? null,
  });
  for (const field of OPTIONAL.slice(0, 2)) if (!isEmpty(config[field])) form[field] = config[field];
  Object.assign(form, {
    Image: config["Image"] ?? "",
    Volumes: config["Volumes"] ?? null,
    WorkingDir: config["WorkingDir"] ?? "",
    Entrypoint: config["Entrypoint"] ?? null,
  });
  for (const field of OPTIONAL.slice(2, 4)) if (!isEmpty(config[field])) form[field] = config[field];
  Object.assign(form, { OnBuild: config["OnBuild"] ?? null, Labels: config["Labels"] ?? null });
  for (const field of OPTIONAL.slice(4)) if (!isEmpty(config[field])) form[field] = config[field];
  return form;
}
