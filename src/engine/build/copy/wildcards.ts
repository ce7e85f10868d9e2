import { invalidArgument } from "../../../errors/errors.ts";

/** Go's filepath.Match: * and ? do not match a slash. */
export function hasWildcards(path: string): boolean {
  return /(?:^|[^\\])[*?[]/.test(path);
}

/** Errors: invalidArgument for an unfinished class or escape. */
export function globToRegExp(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "*" && pattern.startsWith("**/", at)) {
      source += "(?:.*/)?";
      at += 2;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) throw invalidArgument("syntax error in pattern");
      source += pattern.slice(at, end + 1);
      at = end;
    } else if (char === "\\") {
      if (++at >= pattern.length) throw invalidArgument("syntax error in pattern");
      source += literal(pattern[at]!);
    } else source += literal(char);
  }
  return new RegExp(`^${source}$`, "s");
}

const literal = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
