/** config.json of a managed plugin, in the form in which stock keeps and shows it. */
import { invalidArgument, messageOf } from "../../../errors/errors.ts";

export interface PluginMount {
  Description: string;
  Destination: string;
  Name: string;
  Options: string[] | null;
  Settable: string[] | null;
  Source: string | null;
  Type: string;
}

export interface PluginDevice {
  Description: string;
  Name: string;
  Path: string | null;
  Settable: string[] | null;
}

export interface PluginEnv {
  Description: string;
  Name: string;
  Settable: string[] | null;
  Value: string | null;
}

export interface PluginConfig {
  Args: { Description: string; Name: string; Settable: string[] | null; Value: string[] | null };
  Description: string;
  DockerVersion?: string;
  Documentation: string;
  Entrypoint: string[] | null;
  Env: PluginEnv[] | null;
  /** Types are "docker.volumedriver/1.0" and the like. */
  Interface: { Socket: string; Types: string[] | null };
  IpcHost: boolean;
  Linux: { AllowAllDevices: boolean; Capabilities: string[] | null; Devices: PluginDevice[] | null };
  Mounts: PluginMount[] | null;
  Network: { Type: string };
  PidHost: boolean;
  PropagatedMount: string;
  User: { UID?: number; GID?: number };
  WorkDir: string;
  rootfs?: { diff_ids: string[]; type: string };
}

/** What of the configuration the user has set. */
export interface PluginSettings {
  Args: string[];
  Devices: PluginDevice[];
  Env: string[];
  Mounts: PluginMount[];
}

type Fields = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const optionalText = (value: unknown): string | null => (typeof value === "string" ? value : null);
const flag = (value: unknown): boolean => value === true;
const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
const texts = (value: unknown): string[] | null => (Array.isArray(value) ? value.map(String) : null);
const list = <T>(value: unknown, each: (item: Fields) => T): T[] | null =>
  Array.isArray(value) ? value.map((item) => each(fields(item))) : null;

/** Reads and completes a config.json, whose fields Go takes in any case. Errors: invalidArgument. */
export function parseConfig(json: string): PluginConfig {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch (cause) {
    throw invalidArgument(`failed to parse config: ${messageOf(cause)}`, { cause });
  }
  const config = configOf(lower(given));
  if (!config.Entrypoint?.length) throw invalidArgument("invalid plugin config: no entrypoint");
  return config;
}

/** All names in lower case, because config.json has "args" where the API has "Args". */
function lower(value: unknown): Fields {
  const deep = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(deep);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key.toLowerCase(), deep(inner)]));
  };
  return fields(deep(value));
}

function configOf(given: Fields): PluginConfig {
  const args = fields(given["args"]);
  const api = fields(given["interface"]);
  const linux = fields(given["linux"]);
  const rootfs = fields(given["rootfs"]);
  const user = fields(given["user"]);
  const common = (item: Fields) => ({ Description: text(item["description"]), Name: text(item["name"]) });
  return {
    Args: { ...common(args), Settable: texts(args["settable"]), Value: texts(args["value"]) },
    Description: text(given["description"]),
    ...(given["dockerversion"] ? { DockerVersion: text(given["dockerversion"]) } : {}),
    Documentation: text(given["documentation"]),
    Entrypoint: texts(given["entrypoint"]),
    Env: list(given["env"], (item) => ({
      ...common(item),
      Settable: texts(item["settable"]),
      Value: optionalText(item["value"]),
    })),
    Interface: { Socket: text(api["socket"]), Types: texts(api["types"]) },
    IpcHost: flag(given["ipchost"]),
    Linux: {
      AllowAllDevices: flag(linux["allowalldevices"]),
      Capabilities: texts(linux["capabilities"]),
      Devices: list(linux["devices"], (item) => ({
        ...common(item),
        Path: optionalText(item["path"]),
        Settable: texts(item["settable"]),
      })),
    },
    Mounts: list(given["mounts"], mountOf),
    Network: { Type: text(fields(given["network"])["type"]) },
    PidHost: flag(given["pidhost"]),
    PropagatedMount: text(given["propagatedmount"]),
    User: {
      ...(Number(user["uid"]) ? { UID: Number(user["uid"]) } : {}),
      ...(Number(user["gid"]) ? { GID: Number(user["gid"]) } : {}),
    },
    WorkDir: text(given["workdir"]),
    ...(given["rootfs"]
      ? { rootfs: { diff_ids: texts(rootfs["diff_ids"]) ?? [], type: text(rootfs["type"]) } }
      : {}),
  };
}

function mountOf(item: Fields): PluginMount {
  return {
    Description: text(item["description"]),
    Destination: text(item["destination"]),
    Name: text(item["name"]),
    Options: texts(item["options"]),
    Settable: texts(item["settable"]),
    Source: optionalText(item["source"]),
    Type: text(item["type"]),
  };
}

/** The settings of a plugin that nobody has set anything of. */
export function initialSettings(config: PluginConfig): PluginSettings {
  return {
    Args: [...(config.Args.Value ?? [])],
    Devices: structuredClone(config.Linux.Devices ?? []),
    Env: (config.Env ?? []).flatMap(({ Name, Value }) => (Value === null ? [] : [`${Name}=${Value}`])),
    Mounts: structuredClone(config.Mounts ?? []),
  };
}

/** "volumedriver" of "docker.volumedriver/1.0". */
export const capabilitiesOf = (config: PluginConfig): string[] =>
  (config.Interface.Types ?? []).map((type) => type.replace(/^[^.]*\./, "").replace(/\/.*$/, ""));

export interface Privilege {
  Name: string;
  Description: string;
  Value: string[];
}

/** What a plugin asks to be allowed, for the user to grant. */
export function privilegesOf(config: PluginConfig): Privilege[] {
  const found: Privilege[] = [];
  const add = (Name: string, Description: string, ...Value: string[]) =>
    found.push({ Name, Description, Value });
  const { Network, Linux, Mounts } = config;
  if (Network.Type !== "null" && Network.Type !== "bridge" && Network.Type !== "")
    add("network", "permissions to access a network", Network.Type);
  if (config.IpcHost) add("host ipc namespace", "allow access to host ipc namespace", "true");
  if (config.PidHost) add("host pid namespace", "allow access to host pid namespace", "true");
  for (const { Source } of Mounts ?? []) if (Source !== null) add("mount", "host path to mount", Source);
  for (const { Path } of Linux.Devices ?? []) if (Path !== null) add("device", "host device to access", Path);
  if (Linux.AllowAllDevices) add("allow-all-devices", "allow 'rwm' access to all devices", "true");
  if (Linux.Capabilities?.length)
    add("capabilities", "list of additional capabilities required", ...Linux.Capabilities);
  return found;
}
