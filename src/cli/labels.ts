/** NAME=VALUE flags as a map; a name alone has an empty value. */
export function keyValues(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** A label NAME or NAME=VALUE, on a flag. Errors: one without a name. */
export function checkLabel(text: string): string {
  const name = text.split("=", 1)[0]!;
  if (name.trim() === "") throw new Error(`invalid label '${text}': empty name`);
  if (/\s/.test(name)) throw new Error(`label '${name}' contains whitespaces`);
  return text;
}

/** Labels as lists show them: "a=1,b=2". */
export function labelsColumn(labels: Record<string, string> | null | undefined): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(",");
}
