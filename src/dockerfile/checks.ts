/** Which of the linter's checks are wanted: `# check=skip=A,B;error=true`. */
import { booleanOf } from "./flags.ts";

export interface Checks {
  wants(rule: string): boolean;
  /** A warning makes the build fail. */
  error: boolean;
}

/** Errors: Error, in stock's words. */
export function readChecks(text: string): Checks {
  let skipped: readonly string[] = [];
  let error = false;
  for (const part of text.trim() === "" ? [] : text.split(";")) {
    const mark = part.indexOf("=");
    if (mark < 0) throw new Error(`invalid check option ${JSON.stringify(part)}`);
    const [key, value] = [part.slice(0, mark).trim(), part.slice(mark + 1).trim()];
    if (key === "skip") skipped = value.split(",").map((one) => one.trim());
    else if (key === "error") error = errorOf(part, value);
    // Stock's experimental checks are not there: there is nothing to switch on.
    else if (key !== "experimental") throw new Error(`invalid check option ${JSON.stringify(key)}`);
  }
  const none = skipped.includes("all");
  return { wants: (rule) => !none && !skipped.includes(rule), error };
}

function errorOf(part: string, value: string): boolean {
  try {
    return booleanOf("error", value);
  } catch (cause) {
    throw new Error(`failed to parse check option ${JSON.stringify(part)}`, { cause });
  }
}

/** What a build fails with whose checks are errors. */
export function violation(rules: Iterable<string>): string {
  return `lint violation found for rules: ${[...new Set(rules)].sort().join(", ")}`;
}
