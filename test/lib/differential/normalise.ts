/** Answers of two engines made comparable: what must differ (ids, times, paths, addresses) becomes a placeholder. */

/** Folders of the engine that gave the answer → what they are called in both. */
export type Places = Record<string, string>;

export type Flat = Map<string, unknown>;

const RULES: [RegExp, string][] = [
  [/\b[0-9a-f]{64}\b/g, "ID"],
  [/\b[0-9a-f]{12}\b/g, "SHORT-ID"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, "TIME"],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC"],
  [/\b(\d+ seconds?|less than a second)\b/gi, "SECONDS"],
];
/** Fields whose numbers are times or process ids. */
const NUMBERS = /(^|\.)(Created|time|timeNano|Pid)$/;
const NEVER = "0001-01-01T00:00:00Z";

function text(value: string, places: Places): string {
  if (value === NEVER) return value;
  let result = value;
  for (const [path, name] of Object.entries(places)) result = result.replaceAll(path, name);
  for (const [pattern, name] of RULES) result = result.replace(pattern, name);
  return result;
}

/** The fields ("" for plain values) that lists are sorted by which come in the order of a Go map, which is chance. */
const SORTED_BY: [RegExp, string][] = [
  [/Mounts$/, "Destination"],
  [/Volumes$/, "Name"],
  [/VolumesDeleted$/, ""],
];

function ordered(path: string, list: unknown[], places: Places): unknown[] {
  const field = SORTED_BY.find(([pattern]) => pattern.test(path))?.[1];
  if (field === undefined) return list;
  const key = (item: unknown) =>
    text(String(field === "" ? item : (item as Record<string, unknown>)[field]), places);
  return list.toSorted((a, b) => key(a).localeCompare(key(b)));
}

/** All leaves of a JSON value by their paths; an empty or absent list, map or string is the same as null. */
export function flatten(value: unknown, places: Places, path = "", into: Flat = new Map()): Flat {
  if (Array.isArray(value)) {
    for (const [i, item] of ordered(path, value, places).entries())
      flatten(item, places, `${path}[${i}]`, into);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      flatten(item, places, path === "" ? text(key, places) : `${path}.${text(key, places)}`, into);
  } else if (typeof value === "string") {
    // 20.10 begins many messages with a capital, later versions do not.
    if (value !== "") into.set(path, text(path.endsWith("message") ? value.toLowerCase() : value, places));
  } else if (typeof value === "number" && NUMBERS.test(path)) {
    into.set(path, value === 0 ? 0 : "NUMBER");
  } else if (value !== null) into.set(path, value);
  return into;
}

/** Paths at which two answers differ, and how, for people. */
export function differences(stock: Flat, ours: Flat): { path: string; shown: string }[] {
  return [...new Set([...stock.keys(), ...ours.keys()])]
    .filter((path) => stock.get(path) !== ours.get(path))
    .map((path) => ({
      path,
      shown: `${path}: stock ${JSON.stringify(stock.get(path))}, ours ${JSON.stringify(ours.get(path))}`,
    }));
}
