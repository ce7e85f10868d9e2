/** The run configuration of a stage, in the form in which stock writes it. */
import type { ContainerDefaults } from "../../../images/types.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];

/** A stage begins with its base image's configuration. */
export function initialConfig(base: ContainerDefaults | undefined): ContainerDefaults {
  const config = structuredClone(base ?? {});
  const env = config.Env ?? [];
  if (!env.some((entry) => entry.startsWith("PATH="))) config.Env = [...env, DEFAULT_PATH];
  config["OpenStdin"] = false;
  config["StdinOnce"] = false;
  return config;
}

const sorted = <T>(map: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

/** With every field that stock writes, in its order. */
export function completeConfig(config: ContainerDefaults): ContainerDefaults {
  const { ExposedPorts: ports, Healthcheck: health, Labels: labels, Volumes: volumes } = config;
  return {
    Hostname: config.Hostname ?? "",
    Domainname: config.Domainname ?? "",
    User: config.User ?? "",
    AttachStdin: config["AttachStdin"] ?? false,
    AttachStdout: config["AttachStdout"] ?? false,
    AttachStderr: config["AttachStderr"] ?? false,
    ...(ports && Object.keys(ports).length > 0 ? { ExposedPorts: sorted(ports) } : {}),
    Tty: config["Tty"] ?? false,
    OpenStdin: config["OpenStdin"] ?? false,
    StdinOnce: config["StdinOnce"] ?? false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(health ? { Healthcheck: health } : {}),
    ...(config.ArgsEscaped ? { ArgsEscaped: true } : {}),
    Image: config["Image"] ?? "",
    Volumes: volumes ? sorted(volumes) : null,
    WorkingDir: config.WorkingDir ?? "",
    Entrypoint: config.Entrypoint ?? null,
    ...(config["NetworkDisabled"] ? { NetworkDisabled: true } : {}),
    ...(config["MacAddress"] ? { MacAddress: config["MacAddress"] } : {}),
    OnBuild: config.OnBuild ?? null,
    Labels: labels ? sorted(labels) : null,
    ...(config.StopSignal ? { StopSignal: config.StopSignal } : {}),
    ...(config.StopTimeout == null ? {} : { StopTimeout: config.StopTimeout }),
    ...(config.Shell?.length ? { Shell: config.Shell } : {}),
    ...(config["BuildKey"] ? { BuildKey: config["BuildKey"] } : {}),
  };
}

export const shellOf = (config: ContainerDefaults): readonly string[] =>
  config.Shell?.length ? config.Shell : DEFAULT_SHELL;

/** Go's %q of a list of strings, which histories hold. */
export const quotedList = (list: readonly string[]): string => `[${list.map(quoted).join(" ")}]`;

/** Go's %q of a string. */
export function quoted(text: string): string {
  const special: Record<string, string> = {
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
  };
  const escaped = text.replace(/[\x00-\x1f\x7f\\"]/g, (char) => {
    return special[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
