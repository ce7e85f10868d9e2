import { invalidArgument } from "../errors/errors.ts";

export interface PatternOptions {
  /** Stars take as much as they can. */
  greedy?: boolean;
  start?: boolean;
  end?: boolean;
  flags?: string;
}

/** A shell pattern (* and ?, backslash escapes) as a regular expression. Errors: invalidArgument. */
export function patternToRegExp(pattern: string, options: PatternOptions = {}): RegExp {
  const star = options.greedy ? ".*" : ".*?";
  let source = "";
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === "*") source += star;
    else if (char === "?") source += ".";
    else if (char !== "\\") source += escaped(char);
    else {
      const next = chars[++i];
      if (next === undefined) throw invalidArgument(`invalid pattern ${JSON.stringify(pattern)}`);
      source += escaped(next);
    }
  }
  return new RegExp(`${options.start ? "^" : ""}${source}${options.end ? "$" : ""}`, options.flags ?? "su");
}

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
