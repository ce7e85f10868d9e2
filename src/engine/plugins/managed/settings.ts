/** `docker plugin set`: NAME=VALUE, NAME.FIELD=VALUE. */
import { invalidArgument } from "../../../errors/errors.ts";
import type { PluginConfig, PluginSettings } from "./config.ts";

const NAMES = ["Args", "Devices", "Env", "Mounts"] as const;

/** The settings with what is asked for. Errors: invalidArgument, for what is not there or may not be set. */
export function applySettings(
  config: PluginConfig,
  before: PluginSettings,
  wanted: readonly string[],
): PluginSettings {
  const settings = structuredClone(before);
  for (const text of wanted) applyOne(config, settings, parse(text));
  return settings;
}

interface Wanted {
  name: string;
  field: string;
  value: string;
}

function parse(text: string): Wanted {
  const mark = text.indexOf("=");
  const key = mark < 0 ? text : text.slice(0, mark);
  if (mark === 0 || key === "") throw invalidArgument(`invalid plugin setting ${JSON.stringify(text)}`);
  const dot = key.indexOf(".");
  return {
    name: dot < 0 ? key : key.slice(0, dot),
    field: dot < 0 ? "" : key.slice(dot + 1),
    value: mark < 0 ? "" : text.slice(mark + 1),
  };
}

function applyOne(config: PluginConfig, settings: PluginSettings, { name, field, value }: Wanted): void {
  const allow = (settable: string[] | null, wanted: string) => {
    if (settable?.includes(wanted)) return;
    throw invalidArgument(`${JSON.stringify(name)} is not settable`);
  };
  const env = config.Env?.find((one) => one.Name === name);
  if (env) {
    allow(env.Settable, field || "value");
    settings.Env = [...settings.Env.filter((one) => !one.startsWith(`${name}=`)), `${name}=${value}`];
    return;
  }
  const mount = settings.Mounts.find((one) => one.Name === name);
  if (mount) {
    allow(mount.Settable, field || "source");
    if (field === "options") mount.Options = value.split(",");
    else mount.Source = value;
    return;
  }
  const device = settings.Devices.find((one) => one.Name === name);
  if (device) {
    allow(device.Settable, field || "path");
    device.Path = value;
    return;
  }
  if (config.Args.Name !== name)
    throw invalidArgument(
      `setting ${JSON.stringify(name)} not found in the plugin configuration (${NAMES.join(", ")})`,
    );
  allow(config.Args.Settable, field || "value");
  settings.Args = value.split(" ");
}
