import { booleanOf } from "./flags.ts";
import { didYouMean } from "./suggest.ts";
import type { RunMount } from "./types.ts";

const TYPES = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
const SHARING = ["shared", "private", "locked"] as const;
const ALIASES: Record<string, string> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
  rw: "readwrite",
};
const KEYS = [
  ..."type target source from id readonly readwrite required sharing mode uid gid size env".split(" "),
];
const SWITCHES = ["readonly", "readwrite", "required"];

/** RUN --mount=type=cache,target=/x. Errors: Error. */
export function readMount(text: string): RunMount {
  const fields = fieldsOf(text);
  const type = TYPES.find((one) => one === (fields.get("type") ?? "bind"));
  if (!type) {
    const given = fields.get("type")!;
    throw new Error(`unsupported mount type ${JSON.stringify(given)}${didYouMean(given, TYPES)}`);
  }
  const sharing = SHARING.find((one) => one === (fields.get("sharing") ?? "shared"));
  if (!sharing) throw new Error(`unsupported sharing value ${JSON.stringify(fields.get("sharing"))}`);
  const target = fields.get("target");
  if (target === undefined && type !== "secret" && type !== "ssh")
    throw new Error(`invalid mount config: a ${type} mount requires target=PATH`);
  const mode = fields.get("mode");
  if (mode !== undefined && !/^[0-7]+$/.test(mode)) throw new Error(`invalid value ${mode} for mode`);
  return {
    type,
    target,
    sharing,
    mode,
    source: fields.get("source"),
    from: fields.get("from"),
    id: fields.get("id"),
    uid: fields.get("uid"),
    gid: fields.get("gid"),
    size: fields.get("size"),
    env: fields.get("env"),
    required: fields.get("required") === "true",
    readonly: isReadonly(type, fields),
  };
}

/** A bind mount is read-only unless it says otherwise; all others are writable. */
function isReadonly(type: string, fields: Map<string, string>): boolean {
  if (fields.has("readonly")) return fields.get("readonly") === "true";
  if (fields.has("readwrite")) return fields.get("readwrite") !== "true";
  return type === "bind";
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of csv(text)) {
    const mark = field.indexOf("=");
    const given = (mark < 0 ? field : field.slice(0, mark)).toLowerCase();
    const key = Object.hasOwn(ALIASES, given) ? ALIASES[given]! : given;
    if (!KEYS.includes(key)) {
      throw new Error(
        `unexpected key ${JSON.stringify(given)} in ${JSON.stringify(field)}${didYouMean(given, KEYS)}`,
      );
    }
    const value = mark < 0 ? undefined : field.slice(mark + 1);
    if (SWITCHES.includes(key)) fields.set(key, String(booleanOf(key, value ?? "")));
    else if (value === undefined)
      throw new Error(`invalid field ${JSON.stringify(field)} must be a key=value pair`);
    else fields.set(key, value);
  }
  return fields;
}

/** Fields of a CSV line; a field in double quotes may hold commas. */
function csv(text: string): string[] {
  const fields = text.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? [];
  return fields.map((field) =>
    field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
  );
}
