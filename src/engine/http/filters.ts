import { invalidArgument } from "../../errors/errors.ts";

/**
 * Reads the `filters` parameter: {"name":["a","b"]}, or the older {"name":{"a":true}}.
 * Errors: invalidArgument for anything else, and for a name that is not among `allowed`.
 */
export function parseFilters(text: string | null, allowed?: readonly string[]): Map<string, string[]> {
  const filters = new Map<string, string[]>();
  if (text === null || text === "") return filters;
  for (const [name, values] of Object.entries(parseObject(text))) {
    if (allowed && !allowed.includes(name)) throw invalidArgument(`invalid filter '${name}'`);
    filters.set(name, valuesOf(name, values));
  }
  return filters;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidArgument(`invalid filters: not JSON: ${text.slice(0, 100)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument('invalid filters: want an object such as {"name":["value"]}');
  }
  return value as Record<string, unknown>;
}

function valuesOf(name: string, values: unknown): string[] {
  if (Array.isArray(values) && values.every((v) => typeof v === "string")) return values as string[];
  if (typeof values === "object" && values !== null && !Array.isArray(values)) {
    return Object.entries(values)
      .filter(([, on]) => on === true)
      .map(([value]) => value);
  }
  throw invalidArgument(`invalid filter '${name}': want a list of strings`);
}
