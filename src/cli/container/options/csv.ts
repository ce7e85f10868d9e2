/** One line of comma-separated values: a value in double quotes may hold commas, and "" for a quote. */
export function splitCsv(text: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (let at = 0; at <= text.length; ) {
    field.lastIndex = at;
    const match = field.exec(text);
    if (!match) throw new Error(`parse error on line 1, column ${at + 1}: bare " in non-quoted-field`);
    fields.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    at = field.lastIndex;
    if (match[3] === "") break;
  }
  return fields;
}

/** KEY=VALUE fields; a field without "=" has no value. Keys in lower case. */
export function csvPairs(text: string): [key: string, value: string | undefined][] {
  return splitCsv(text).map((field) => {
    const equals = field.indexOf("=");
    return equals < 0
      ? [field.toLowerCase(), undefined]
      : [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
  });
}
