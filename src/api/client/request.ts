/** A value of a query parameter; undefined and false are left out, a list repeats the parameter. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;
export type Query = Record<string, QueryValue>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it comes, chunked. */
  stream?: AsyncIterable<Uint8Array>;
  /** Content type of `stream`; default application/x-tar. */
  contentType?: string;
  headers?: Record<string, string>;
}

/** "?a=1&b=2", or nothing. */
export function queryString(query: Query | undefined): string {
  if (!query) return "";
  const pairs: string[] = [];
  const add = (name: string, value: string | number | true) =>
    pairs.push(`${name}=${encodeURIComponent(value === true ? "1" : value)}`);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "object") for (const each of value) add(name, each);
    else add(name, value);
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** The form of `filters` parameters: {"name":{"value":true}}; undefined when there are none. */
export function filtersParameter(filters: ReadonlyMap<string, readonly string[]>): string | undefined {
  if (filters.size === 0) return undefined;
  const entries = [...filters].map(([name, values]) => [
    name,
    Object.fromEntries(values.map((value) => [value, true])),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}
