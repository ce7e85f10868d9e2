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

/**
 * The value of a filter that is true or false; undefined if it is not among the filters.
 * Errors: invalidArgument for another value, and for several.
 */
export function truthOf(filters: ReadonlyMap<string, string[]>, name: string): boolean | undefined {
  const values = filters.get(name);
  if (!values?.length) return undefined;
  const truths = new Set(values.map((value) => TRUTHS[value.toLowerCase()]));
  const [truth] = truths;
  if (truths.size > 1 || truth === undefined)
    throw invalidArgument(`invalid filter '${name}=[${values.join(" ")}]'`);
  return truth;
}

/** Whether a text has a part, or matches it as a regular expression. */
export function matchesText(wanted: string, text: string): boolean {
  if (text.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(text);
  } catch {
    return false;
  }
}

const TRUTHS: Record<string, boolean> = { true: true, "1": true, false: false, "0": false };

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
  const isMap = typeof values === "object" && values !== null && !Array.isArray(values);
  if (isMap && Object.values(values).every((on) => typeof on === "boolean")) {
    return Object.entries(values)
      .filter(([, on]) => on === true)
      .map(([value]) => value);
  }
  throw invalidArgument(`invalid filter '${name}': want a list of strings`);
}
