/** Regular expressions as Go writes them, where JavaScript writes them otherwise. */

const CLASSES: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** undefined for what is no regular expression. */
export function compilePattern(source: string): RegExp | undefined {
  const [, flags = "", rest = ""] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(source) ?? [];
  const translated = rest
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\\([Az])/g, (_, letter: string) => (letter === "A" ? "^" : "$"));
  try {
    return new RegExp(translated, flags);
  } catch {
    return undefined;
  }
}
