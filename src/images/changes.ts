/** `docker import --change` and `docker commit --change`: Dockerfile instructions applied to a configuration. */
import { invalidArgument } from "../errors/errors.ts";
import type { ContainerDefaults } from "./types.ts";

type Apply = (config: ContainerDefaults, rest: string) => void;

const NONE: Record<string, never> = {};

const INSTRUCTIONS: Record<string, Apply> = {
  CMD: (config, rest) => {
    config.Cmd = commandOf(rest, config.Shell);
  },
  ENTRYPOINT: (config, rest) => {
    config.Entrypoint = commandOf(rest, config.Shell);
  },
  ENV: (config, rest) => {
    const given = pairsOf("ENV", rest);
    const kept = (config.Env ?? []).filter((entry) => !given.some(([key]) => entry.startsWith(`${key}=`)));
    config.Env = [...kept, ...given.map(([key, value]) => `${key}=${value}`)];
  },
  LABEL: (config, rest) => {
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairsOf("LABEL", rest)) };
  },
  EXPOSE: (config, rest) => {
    const ports = words(rest).map(exposedPort);
    config.ExposedPorts = {
      ...config.ExposedPorts,
      ...Object.fromEntries(ports.map((port) => [port, NONE])),
    };
  },
  VOLUME: (config, rest) => {
    const paths = jsonList(rest) ?? words(rest);
    config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, NONE])) };
  },
  USER: (config, rest) => {
    config.User = rest;
  },
  WORKDIR: (config, rest) => {
    config.WorkingDir = rest.startsWith("/")
      ? rest
      : `${(config.WorkingDir || "/").replace(/\/$/, "")}/${rest}`;
  },
  STOPSIGNAL: (config, rest) => {
    config.StopSignal = rest;
  },
  SHELL: (config, rest) => {
    const list = jsonList(rest);
    if (!list) throw invalidArgument("SHELL requires the arguments to be in JSON form");
    config.Shell = list;
  },
  ONBUILD: (config, rest) => {
    config.OnBuild = [...(config.OnBuild ?? []), rest];
  },
  HEALTHCHECK: (config, rest) => {
    config.Healthcheck = healthOf(rest);
  },
};

/** Changes the configuration. Errors: invalidArgument for what is no such instruction. */
export function applyChanges(config: ContainerDefaults, changes: string[]): void {
  for (const line of changes.flatMap((text) => text.split("\n")).map((text) => text.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^(\S+)\s+(.*)$/s.exec(line);
    const name = (match?.[1] ?? line).toUpperCase();
    const apply = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name] : undefined;
    if (!apply) throw invalidArgument(`${(match?.[1] ?? line).toLowerCase()} is not a valid change command`);
    if (!match) throw invalidArgument(`${name} requires at least one argument`);
    apply(config, match[2]!.trim());
  }
}

function exposedPort(text: string): string {
  const [port = "", protocol = "tcp"] = text.split("/", 2);
  const ends = /^(\d+)(?:-(\d+))?$/.exec(port)?.slice(1).filter(Boolean).map(Number);
  if (!ends || ends.some((end) => end > 65535)) throw invalidArgument(`invalid containerPort: ${text}`);
  return `${port}/${protocol.toLowerCase()}`;
}

function jsonList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

const commandOf = (rest: string, shell: string[] | undefined): string[] =>
  jsonList(rest) ?? [...(shell ?? ["/bin/sh", "-c"]), rest];

/** Words, with quotes and backslashes taken off. */
function words(text: string): string[] {
  const found = text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/gs) ?? [];
  return found.map((word) =>
    word.replace(
      /\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'/gs,
      (_, escaped, double, single) =>
        escaped ?? (double === undefined ? single : double.replace(/\\(.)/gs, "$1")),
    ),
  );
}

/** "a=b c=d", or the old form "a b". */
function pairsOf(name: string, text: string): [string, string][] {
  const list = words(text);
  if (!list[0]?.includes("=")) {
    const space = text.search(/\s/);
    if (space < 0) throw invalidArgument(`${name} must have two arguments`);
    return [[text.slice(0, space), text.slice(space).trim()]];
  }
  return list.map((word) => {
    const mark = word.indexOf("=");
    if (mark <= 0)
      throw invalidArgument(`Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    return [word.slice(0, mark), word.slice(mark + 1)];
  });
}

const NANOSECONDS: Record<string, number> = { ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

function healthOf(text: string): NonNullable<ContainerDefaults["Healthcheck"]> {
  const flags = /^((?:--[\w-]+=\S+\s+)*)(\S+)\s*(.*)$/s.exec(text);
  if (!flags) throw invalidArgument("HEALTHCHECK requires at least one argument");
  const [, options = "", type, rest = ""] = flags;
  if (type!.toUpperCase() === "NONE") return { Test: ["NONE"] };
  if (type!.toUpperCase() !== "CMD") throw invalidArgument(`Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  const list = jsonList(rest);
  const health: NonNullable<ContainerDefaults["Healthcheck"]> = {
    Test: list ? ["CMD", ...list] : ["CMD-SHELL", rest],
  };
  for (const [, key, value] of options.matchAll(/--([\w-]+)=(\S+)/g)) setHealth(health, key!, value!);
  return health;
}

function setHealth(health: NonNullable<ContainerDefaults["Healthcheck"]>, key: string, value: string): void {
  if (key === "retries") {
    health.Retries = Number(value);
    return;
  }
  const field = { interval: "Interval", timeout: "Timeout", "start-period": "StartPeriod" }[key];
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value);
  if (!field || !match) throw invalidArgument(`HEALTHCHECK: cannot use --${key}=${value}`);
  Object.assign(health, { [field]: Number(match[1]) * NANOSECONDS[match[2]!]! });
}
