/** A value as Go's %v prints it: maps sorted by key, lists in brackets. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return "<no value>";
  return nested(value);
}

function nested(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(nested).join(" ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, each]) => `${key}:${nested(each)}`).join(" ")}]`;
  }
  return String(value);
}

/** Whole numbers in full; others as %v has floats. */
export function printNumber(value: number): string {
  if (Number.isInteger(value))
    return value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 0 });
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return exponent < -4 || exponent >= 21 ? value.toExponential() : String(value);
}

/** JSON as Go writes it without HTML escapes: keys of maps in the order they have. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null).replace(
    /[\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16)}`,
  );
}
