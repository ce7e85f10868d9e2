/** A path.Match pattern (as Go has it: `*` stays within one part of the path) as a regular expression. */
function patternOf(glob: string): RegExp {
  let source = "";
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!;
    const close = char === "[" ? glob.indexOf("]", i + 2) : -1;
    if (close > 0) {
      source += glob.slice(i, close + 1).replace(/\\/g, "\\\\");
      i = close;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else source += char.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

/**
 * True if a familiar name ("busybox:latest", "x@sha256:…") fits a pattern of the filter `reference`. A pattern
 * without a tag fits all tags.
 */
export function matchesReference(pattern: string, name: string): boolean {
  const regex = patternOf(pattern);
  if (regex.test(name)) return true;
  const at = name.indexOf("@");
  const named = at < 0 ? name : name.slice(0, at);
  const colon = named.lastIndexOf(":");
  return regex.test(colon > named.lastIndexOf("/") ? named.slice(0, colon) : named);
}
