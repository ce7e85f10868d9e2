import { invalidArgument } from "../../errors/errors.ts";
import type { LogContext } from "./drivers.ts";

/** Labels and environment that --log-opt labels=, labels-regex=, env=, env-regex= and tag= add to each line. */
export function logAttributes(options: Record<string, string>, context: LogContext): Record<string, string> {
  const attributes: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const entry of context.env) {
    const at = entry.indexOf("=");
    if (at > 0) env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  pick(attributes, context.labels, options["labels"], options["labels-regex"]);
  pick(attributes, env, options["env"], options["env-regex"]);
  const tag = options["tag"];
  if (tag) attributes["tag"] = expandTag(tag, context);
  return attributes;
}

function pick(
  into: Record<string, string>,
  from: Record<string, string>,
  names: string | undefined,
  pattern: string | undefined,
): void {
  const wanted = names?.split(",") ?? [];
  const regex = pattern ? compile(pattern) : undefined;
  for (const [name, value] of Object.entries(from)) {
    if (wanted.includes(name) || regex?.test(name)) into[name] = value;
  }
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    throw invalidArgument(`invalid regular expression in log options: ${pattern}`, { cause });
  }
}

/** Go template fields of log tags that people use. */
function expandTag(tag: string, { id, name }: LogContext): string {
  const fields: Record<string, string> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    DaemonName: "docker",
  };
  return tag.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole);
}
