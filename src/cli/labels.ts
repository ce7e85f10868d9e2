/** NAME=VALUE flags as a map; a name alone has an empty value. */
export function keyValues(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** Labels as lists show them: "a=1,b=2". */
export function labelsColumn(labels: Record<string, string> | null | undefined): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(",");
}
