/** .dockerignore: which paths of a build's context are left out. */
import { posix } from "node:path";
import { invalidArgument } from "../errors/errors.ts";

interface Rule {
  negative: boolean;
  regexp: RegExp;
}

/** The patterns of a .dockerignore, cleaned; exceptions keep their "!". */
export function readIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    let pattern = line.trim();
    const negative = pattern.startsWith("!");
    if (negative) pattern = pattern.slice(1).trim();
    if (pattern === "" && !negative) continue;
    if (pattern !== "") pattern = cleanPath(pattern).replace(/^\/(?=.)/, "");
    patterns.push(negative ? `!${pattern}` : pattern);
  }
  return patterns;
}

const cleanPath = (path: string): string => {
  const clean = posix.normalize(path);
  return clean.length > 1 ? clean.replace(/\/$/, "") : clean;
};

/** Tells whether paths are left out. The last pattern that matches a path, or a folder above it, decides. */
export class IgnoreRules {
  readonly #rules: Rule[] = [];
  /** Something below an ignored folder may be wanted all the same. */
  readonly hasExceptions: boolean;

  /** Errors: invalidArgument for a pattern that makes no sense. */
  constructor(patterns: readonly string[]) {
    for (const text of patterns) {
      const trimmed = text.trim();
      if (trimmed === "") continue;
      const negative = trimmed.startsWith("!");
      if (trimmed === "!") throw invalidArgument('illegal exclusion pattern: "!"');
      const pattern = cleanPath(negative ? trimmed.slice(1) : trimmed);
      this.#rules.push({ negative, regexp: regexpOf(pattern) });
    }
    this.hasExceptions = this.#rules.some(({ negative }) => negative);
  }

  /** `path` is relative to the context, without "./". */
  ignores(path: string): boolean {
    const parts = path.split("/");
    const prefixes = parts.map((_, i) => parts.slice(0, i + 1).join("/")).reverse();
    let ignored = false;
    for (const { negative, regexp } of this.#rules) {
      if (negative !== ignored) continue;
      if (prefixes.some((prefix) => regexp.test(prefix))) ignored = !negative;
    }
    return ignored;
  }
}

/** A pattern of filepath.Match, with ** for any number of folders. */
function regexpOf(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "*" && pattern[at + 1] === "*") {
      at++;
      if (pattern[at + 1] === "/") at++;
      source += at + 1 >= pattern.length ? ".*" : "(?:.*/)?";
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "\\") source += quoted(pattern[++at] ?? "\\");
    else if (char === "[") {
      const end = classEnd(pattern, at);
      source += classSource(pattern, at, end);
      at = end;
    } else source += quoted(char);
  }
  return new RegExp(`^${source}$`, "s");
}

const quoted = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

function classEnd(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "]" && at > start + 1) return at;
  }
  throw invalidArgument(`syntax error in pattern ${JSON.stringify(pattern)}: "[" without "]"`);
}

function classSource(pattern: string, start: number, end: number): string {
  const inner = pattern.slice(start + 1, end).replace(/\[/g, "\\[");
  return `[${inner}]`;
}
