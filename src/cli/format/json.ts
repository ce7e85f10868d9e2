/**
 * Sets JSON text out with an indentation, like Go's json.Indent: numbers, strings and the order of keys stay exactly as
 * the engine wrote them, and empty objects and lists stay closed up.
 */
export function indentJson(text: string, prefix: string, indent: string): string {
  let out = "";
  let depth = 0;
  const newline = () => `\n${prefix}${indent.repeat(depth)}`;
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
  let opened = false;
  for (const [part] of text.matchAll(token)) {
    const closes = part === "}" || part === "]";
    if (closes) {
      depth--;
      if (!opened) out += newline();
    } else if (opened) out += newline();
    opened = false;
    out += part;
    if (part === "{" || part === "[") {
      depth++;
      opened = true;
    } else if (part === ",") out += newline();
    else if (part === ":") out += " ";
  }
  return out;
}

/** JSON text without the white space between its tokens, otherwise as it is. */
export function compactJson(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string?: string) => string ?? "");
}
