const SHORT_ID = 12;

/** An id as lists show it: without the algorithm, twelve digits. */
export const shortId = (id: string): string => id.slice(id.indexOf(":") + 1).slice(0, SHORT_ID);

/** Cuts text to a number of columns, the last of them "…" when something is missing. */
export function ellipsis(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (Bun.stringWidth(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Text in double quotes as Go's strconv.Quote writes it. */
export function goQuote(text: string): string {
  const quoted = text.replace(/["\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0)!;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000
      ? `\\u${code.toString(16).padStart(4, "0")}`
      : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${quoted}"`;
}
