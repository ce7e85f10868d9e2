import { invalidArgument } from "../../errors/errors.ts";
import type { LogContext } from "./types.ts";

/** Labels and environment that --log-opt labels=, labels-regex=, env= and env-regex= add to each line. */
export function logAttributes(options: Record<string, string>, context: LogContext): Record<string, string> {
  const attributes: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const entry of context.env) {
    const at = entry.indexOf("=");
    if (at > 0) env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  pick(attributes, context.labels, options["labels"], options["labels-regex"]);
  pick(attributes, env, options["env"], options["env-regex"]);
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
