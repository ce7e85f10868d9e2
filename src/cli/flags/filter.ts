import { filtersParameter } from "../../api/client/request.ts";

/** Checks a --filter value, NAME=VALUE; an empty one is let through and ignored. */
export function checkFilter(text: string): string {
  if (text !== "" && !text.includes("=")) throw new Error("bad format of filter (expected name=value)");
  return text;
}

/** The `filters` parameter for the --filter values given; undefined when there are none. */
export function filtersOf(
  values: readonly string[],
  more: Record<string, string[]> = {},
): string | undefined {
  const filters = new Map(Object.entries(more));
  for (const text of values) {
    if (text === "") continue;
    const equals = text.indexOf("=");
    const name = text.slice(0, equals).trim().toLowerCase();
    filters.set(name, [...(filters.get(name) ?? []), text.slice(equals + 1).trim()]);
  }
  return filtersParameter(filters);
}
