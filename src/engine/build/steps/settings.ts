/** Instructions that change an image's configuration and nothing else. */
import type { Instruction, Of } from "../../../dockerfile/types.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import type { ContainerDefaults } from "../../../images/types.ts";
import { parseSignal } from "../../containers/signals.ts";
import { quoted, quotedList, shellOf } from "../stage/config.ts";
import { expander, recordChange, type SettingContext, type StepContext } from "./context.ts";
import { parsePorts } from "./ports.ts";

type Setting = Exclude<Instruction, { kind: "RUN" | "COPY" | "ADD" | "WORKDIR" }>;
type Apply = (context: SettingContext) => string;

/** Applies the instruction to the stage, and records it. Errors: invalidArgument. */
export async function applySetting(context: StepContext, instruction: Setting): Promise<void> {
  const comment = changeConfig(context, instruction);
  await recordChange(context, comment);
  if (instruction.kind === "CMD" && instruction.command.words.length > 0) context.state.commandSet = true;
}

/** Applies it without recording it; gives how it is recorded. Errors: invalidArgument. */
export const changeConfig = (context: SettingContext, instruction: Setting): string =>
  settingOf(instruction)(context);

function settingOf(one: Setting): Apply {
  switch (one.kind) {
    case "ENV":
      return (context) => setEnv(context, one);
    case "LABEL":
      return (context) => setLabels(context, one);
    case "ARG":
      return (context) => declareArgs(context, one);
    case "CMD":
    case "ENTRYPOINT":
      return ({ state }) => setCommand(state.config, state.commandSet, one);
    case "EXPOSE":
      return (context) => expose(context, one);
    case "VOLUME":
      return (context) => addVolumes(context, one);
    case "USER":
      return (context) => {
        context.state.config.User = expander(context).word(one.value);
        return `USER ${context.state.config.User}`;
      };
    case "STOPSIGNAL":
      return (context) => setStopSignal(context, one);
    case "MAINTAINER":
      return ({ state }) => {
        state.author = one.value;
        return `MAINTAINER ${one.value}`;
      };
    case "HEALTHCHECK":
      return (context) => setHealth(context, one);
    case "ONBUILD":
      return ({ state }) => {
        state.config.OnBuild = [...(state.config.OnBuild ?? []), one.expression];
        return `ONBUILD ${one.expression}`;
      };
    case "SHELL":
      return ({ state }) => {
        state.config.Shell = one.shell;
        return `SHELL [${one.shell.join(" ")}]`;
      };
  }
}

function setEnv(context: SettingContext, { pairs }: Of<"ENV">): string {
  const { word } = expander(context);
  const { config } = context.state;
  const env = [...(config.Env ?? [])];
  const written = pairs.map(({ key, value }) => {
    const name = word(key);
    const entry = `${name}=${word(value)}`;
    const at = env.findIndex((one) => one.split("=")[0] === name);
    if (at >= 0) env[at] = entry;
    else env.push(entry);
    return entry;
  });
  config.Env = env;
  return ["ENV", ...written].join(" ");
}

function setLabels(context: SettingContext, { pairs }: Of<"LABEL">): string {
  const { word } = expander(context);
  const labels = pairs.map(({ key, value, literal }) =>
    literal ? ([key, value] as const) : ([word(key), word(value)] as const),
  );
  context.state.config.Labels = { ...context.state.config.Labels, ...Object.fromEntries(labels) };
  return ["LABEL", ...labels.map(([key, value]) => `${key}=${value}`)].join(" ");
}

function declareArgs(context: SettingContext, { args }: Of<"ARG">): string {
  const { word } = expander(context);
  const written = args.map(({ key, value }) => {
    const name = word(key);
    const fallback = value === undefined ? undefined : word(value);
    context.state.args.declare(name, fallback);
    return fallback === undefined ? name : `${name}=${fallback}`;
  });
  return ["ARG", ...written].join(" ");
}

function setCommand(
  config: ContainerDefaults,
  commandSet: boolean,
  one: Of<"CMD"> | Of<"ENTRYPOINT">,
): string {
  const { words, shell } = one.command;
  const prepend = shell && (words.length > 0 || one.kind === "CMD");
  const command = prepend ? [...shellOf(config), ...words] : words;
  if (one.kind === "CMD") config.Cmd = command;
  else {
    config.Entrypoint = command.length > 0 ? command : null;
    if (!commandSet) config.Cmd = null;
  }
  return `${one.kind} ${quotedList(command)}`;
}

function expose(context: SettingContext, { ports }: Of<"EXPOSE">): string {
  const { words } = expander(context);
  const expanded = ports.flatMap(words);
  const { config } = context.state;
  const exposed = Object.fromEntries(parsePorts(expanded).map((port) => [port, {}]));
  config.ExposedPorts = { ...config.ExposedPorts, ...exposed };
  return ["EXPOSE", ...expanded].join(" ");
}

function addVolumes(context: SettingContext, { paths }: Of<"VOLUME">): string {
  const { word } = expander(context);
  const expanded = paths.map(word);
  if (expanded.includes("")) throw invalidArgument("VOLUME specified can not be an empty string");
  const { config } = context.state;
  config.Volumes = { ...config.Volumes, ...Object.fromEntries(expanded.map((path) => [path, {}])) };
  return `VOLUME [${expanded.join(" ")}]`;
}

function setStopSignal(context: SettingContext, { value }: Of<"STOPSIGNAL">): string {
  const signal = expander(context).word(value);
  try {
    parseSignal(signal);
  } catch (cause) {
    throw invalidArgument(`Invalid signal: ${signal}`, { cause });
  }
  context.state.config.StopSignal = signal;
  return `STOPSIGNAL ${signal}`;
}

function setHealth({ state, out }: SettingContext, { health }: Of<"HEALTHCHECK">): string {
  const before = state.config.Healthcheck?.Test ?? [];
  if (before.length > 0 && before[0] !== "NONE")
    out.text(`Note: overriding previous HEALTHCHECK: [${before.join(" ")}]\n`);
  const inherited = state.image?.config.config?.Healthcheck;
  state.config.Healthcheck = { ...inherited, ...health };
  const times = [health.Interval, health.Timeout, health.StartPeriod].map((time) =>
    quoted(goDuration(time ?? 0)),
  );
  const retries = quoted(String.fromCodePoint(health.Retries ?? 0)).replace(/^"(.*)"$/s, "'$1'");
  return `HEALTHCHECK &{${[quotedList(health.Test ?? []), ...times, retries].join(" ")}}`;
}

/** As Go prints a duration: "1m30s", "500ms", "0s". */
function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const seconds = nanoseconds / 1e9;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const rest = `${Number(s.toFixed(9))}s`;
  if (h > 0) return `${h}h${m}m${rest}`;
  return m > 0 ? `${m}m${rest}` : rest;
}
