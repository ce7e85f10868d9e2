/** A value as Go's %v prints it: maps sorted by key, lists in brackets. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return "<no value>";
  return printNested(value);
}

/** A value within another, as %v prints it. */
export function printNested(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printNested).join(" ")}]`;
  if (typeof value === "object") {
    if ("toGoText" in value && typeof value.toGoText === "function") return String(value.toGoText());
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, each]) => `${key}:${printNested(each)}`).join(" ")}]`;
  }
  return String(value);
}

/** Whole numbers in full; others as %v has floats. */
function printNumber(value: number): string {
  if (Number.isInteger(value))
    return value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 0 });
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return exponent < -4 || exponent >= 21 ? value.toExponential() : String(value);
}

/** A value that knows its own JSON text, for what JSON.stringify would not write as Go does. */
export interface GoJson {
  toGoJson(): string;
}

const hasGoJson = (value: unknown): value is GoJson =>
  typeof (value as Partial<GoJson> | null | undefined)?.toGoJson === "function";

/** JSON as Go writes it without HTML escapes: keys of maps in the order they have. */
export function jsonOf(value: unknown): string {
  if (hasGoJson(value)) return value.toGoJson();
  if (Array.isArray(value) && value.some(hasGoJson)) return `[${value.map(jsonOf).join(",")}]`;
  return JSON.stringify(value ?? null).replace(
    /[\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16)}`,
  );
}

/** JSON as Go's json.Marshal writes it: <, > and & are escaped. */
export function escapedJsonOf(value: unknown): string {
  return jsonOf(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

/** A pointer to nothing, where a type is known: printed as "<nil>", null in JSON. */
export const NIL: object = Object.freeze({ toGoText: () => "<nil>", toJSON: () => null });
