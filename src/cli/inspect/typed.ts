import { type FieldLookup, typedField } from "../template/execute.ts";
import { printNested } from "../template/print.ts";

/**
 * What the engine describes as JSON, with the types that stock's client gives it: templates print structures, maps,
 * lists and pointers differently, and ask maps for names that they need not have.
 */
export function typed(value: unknown, name = "", parent = ""): unknown {
  if (value === null) return emptyValue(name);
  if (Array.isArray(value)) return value.map((each) => typed(each, "", name));
  if (typeof value !== "object") return value;
  const isMap = MAPS.has(name) || (name === "Config" && parent === "LogConfig");
  const entries = Object.entries(value).map(([key, each]) => [key, typed(each, isMap ? "" : key, name)]);
  if (isMap) entries.sort(([a], [b]) => (a! < b! ? -1 : 1));
  const object = Object.fromEntries(entries) as Record<string, unknown>;
  if (isMap) maps.add(object);
  else hide(object, "toGoText", () => structText(object, LAYOUTS[name || parent]));
  return object;
}

/** Fields that are maps, not structures. */
const MAPS = new Set(
  "Annotations AuxiliaryAddresses Containers Data DriverOpts ExposedPorts Labels Networks Options PortBindings Ports Services Status StorageOpt Sysctls Tmpfs Volumes".split(
    " ",
  ),
);

/** Fields that are pointers, which may point to nothing. */
const POINTERS = new Set(
  "BindOptions Health Healthcheck IPAMConfig ImageManifestDescriptor Init MemorySwappiness OomKillDisable PidsLimit SizeRootFs SizeRw StopTimeout TmpfsOptions UsageData VolumeOptions".split(
    " ",
  ),
);

/** Fields that are left out of the JSON when they are empty, with their value then; lists and maps are in null's form. */
const OMITTED: Record<string, unknown> = {
  Container: "",
  DockerVersion: "",
  Driver: "",
  MacAddress: "",
  Name: "",
  NetworkDisabled: false,
  StopSignal: "",
  ...Object.fromEntries(["Mounts", "Shell", ...MAPS, ...POINTERS].map((name) => [name, null])),
};

/** All fields, in their order, of structures that are printed whole and leave fields out of the JSON. */
const LAYOUTS: Record<string, string[]> = {
  Mounts: "Type Name Source Destination Driver Mode RW Propagation".split(" "),
  State:
    "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt Health".split(
      " ",
    ),
};

const maps = new WeakSet<object>();
const nilPointers = new WeakSet<object>();

function hide(object: object, name: string, value: () => unknown): void {
  Object.defineProperty(object, name, { value, enumerable: false });
}

function structText(object: Record<string, unknown>, layout: string[] | undefined): string {
  const missing = (name: string) => (Object.hasOwn(OMITTED, name) ? fieldOfTyped(object, name) : "");
  const values = layout
    ? layout.map((name) => (Object.hasOwn(object, name) ? object[name] : missing(name)))
    : Object.values(object);
  return `{${values.map(printNested).join(" ")}}`;
}

function emptyValue(name: string): object {
  const value: object = POINTERS.has(name) || MAPS.has(name) ? {} : [];
  if (MAPS.has(name)) maps.add(value);
  if (POINTERS.has(name)) {
    nilPointers.add(value);
    hide(value, "toGoText", () => "<nil>");
  }
  hide(value, "toJSON", () => null);
  return value;
}

/** Finds fields of what typed() has made. */
export const fieldOfTyped: FieldLookup = (value, name) => {
  // What a map does not have has no fields, and that is no error.
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return typedField(value, name);
  if (nilPointers.has(value)) throw new Error(`nil pointer evaluating *${name}`);
  if (maps.has(value)) return Object.hasOwn(value, name) ? typedField(value, name) : undefined;
  if (Object.hasOwn(value, name) || !Object.hasOwn(OMITTED, name)) return typedField(value, name);
  return OMITTED[name] === null ? emptyValue(name) : OMITTED[name];
};
