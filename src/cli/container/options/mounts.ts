import { resolve } from "node:path";
import type { Mount } from "../../../api/schema.ts";
import { parseSize } from "../../../units/size.ts";
import { csvPairs } from "./csv.ts";

type Filled = Mount & {
  BindOptions?: NonNullable<Mount["BindOptions"]>;
  VolumeOptions?: NonNullable<Mount["VolumeOptions"]>;
  TmpfsOptions?: NonNullable<Mount["TmpfsOptions"]>;
};

/** A --mount value. Errors: in the words of the docker client. */
export function parseMount(text: string): Mount {
  if (text === "") throw new Error("EOF");
  const mount: Filled = { Type: "volume" };
  for (const [key, value] of csvPairs(text)) {
    if (value === undefined && !FLAGS_WITHOUT_VALUE.has(key))
      throw new Error(`invalid field '${key}' must be a key=value pair`);
    const apply = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (!apply) throw new Error(`unexpected key '${key}' in '${key}=${value ?? ""}'`);
    apply(mount, value ?? "true", key);
  }
  if (!mount.Target) throw new Error("target is required");
  checkOptionsMatchType(mount);
  return mount;
}

/** Checks a --mount value while the flags are read. */
export function checkMount(text: string): string {
  parseMount(text);
  return text;
}

const FLAGS_WITHOUT_VALUE = new Set(["readonly", "ro", "volume-nocopy", "bind-nonrecursive"]);

function bool(key: string, value: string): boolean {
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new Error(`invalid value for ${key}: ${value}`);
}

const readOnly = (mount: Filled, value: string, key: string) => {
  mount.ReadOnly = bool(key, value);
};
const source = (mount: Filled, value: string) => {
  const relative = value === "." || value === ".." || value.startsWith("./") || value.startsWith("../");
  mount.Source = relative ? resolve(value) : value;
};
const target = (mount: Filled, value: string) => {
  mount.Target = value;
};

const FIELDS: Record<string, (mount: Filled, value: string, key: string) => void> = {
  type: (mount, value) => {
    mount.Type = value.toLowerCase() as NonNullable<Mount["Type"]>;
  },
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly: readOnly,
  ro: readOnly,
  consistency: (mount, value) => {
    mount.Consistency = value.toLowerCase();
  },
  "bind-propagation": (mount, value) => {
    mount.BindOptions = { ...mount.BindOptions, Propagation: value.toLowerCase() as "private" };
  },
  "bind-nonrecursive": (mount, value, key) => {
    mount.BindOptions = { ...mount.BindOptions, NonRecursive: bool(key, value) };
  },
  "bind-recursive": (mount, value) => bindRecursive(mount, value),
  "volume-nocopy": (mount, value, key) => {
    mount.VolumeOptions = { ...mount.VolumeOptions, NoCopy: bool(key, value) };
  },
  "volume-subpath": (mount, value) => {
    mount.VolumeOptions = { ...mount.VolumeOptions, Subpath: value };
  },
  "volume-label": (mount, value) => {
    const Labels = { ...mount.VolumeOptions?.Labels, ...pair(value) };
    mount.VolumeOptions = { ...mount.VolumeOptions, Labels };
  },
  "volume-driver": (mount, value) => {
    const DriverConfig = { ...mount.VolumeOptions?.DriverConfig, Name: value };
    mount.VolumeOptions = { ...mount.VolumeOptions, DriverConfig };
  },
  "volume-opt": (mount, value) => {
    const before = mount.VolumeOptions?.DriverConfig;
    const DriverConfig = { ...before, Options: { ...before?.Options, ...pair(value) } };
    mount.VolumeOptions = { ...mount.VolumeOptions, DriverConfig };
  },
  "image-subpath": (mount, value) => {
    mount.ImageOptions = { Subpath: value };
  },
  "tmpfs-size": (mount, value, key) => {
    try {
      mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: parseSize(value) };
    } catch {
      throw new Error(`invalid value for ${key}: ${value}`);
    }
  },
  "tmpfs-mode": (mount, value, key) => {
    if (!/^[0-7]+$/.test(value)) throw new Error(`invalid value for ${key}: ${value}`);
    mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: Number.parseInt(value, 8) };
  },
};

function bindRecursive(mount: Filled, value: string): void {
  const options: Record<string, NonNullable<Mount["BindOptions"]>> = {
    enabled: {},
    disabled: { NonRecursive: true },
    writable: { ReadOnlyNonRecursive: true },
    readonly: { ReadOnlyForceRecursive: true },
  };
  const chosen = Object.hasOwn(options, value) ? options[value] : undefined;
  if (!chosen)
    throw new Error(
      `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
    );
  mount.BindOptions = { ...mount.BindOptions, ...chosen };
}

function pair(text: string): Record<string, string> {
  const equals = text.indexOf("=");
  return equals < 0 ? { [text]: "" } : { [text.slice(0, equals)]: text.slice(equals + 1) };
}

function checkOptionsMatchType(mount: Filled): void {
  const kinds = [
    ["volume", mount.VolumeOptions],
    ["bind", mount.BindOptions],
    ["tmpfs", mount.TmpfsOptions],
    ["image", mount.ImageOptions],
  ] as const;
  for (const [kind, options] of kinds)
    if (options && mount.Type !== kind)
      throw new Error(`cannot mix '${kind}-*' options with mount type '${mount.Type}'`);
}
