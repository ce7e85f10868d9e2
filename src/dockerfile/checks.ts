/** Which of the linter's checks are wanted: `# check=skip=A,B;error=true;experimental=C`. */
import { booleanOf } from "./flags.ts";

export interface Checks {
  /** `skip` leaves rules out; those that are experimental are wanted by `experimental` alone. */
  wants(rule: string): boolean;
  /** A warning makes the build fail. */
  error: boolean;
}

/** Errors: Error, in stock's words. */
export function readChecks(text: string): Checks {
  let skipped: readonly string[] = [];
  let experimental: readonly string[] = [];
  let error = false;
  for (const part of text.trim() === "" ? [] : text.split(";")) {
    const mark = part.indexOf("=");
    if (mark < 0) throw new Error(`invalid check option ${JSON.stringify(part)}`);
    const [key, value] = [part.slice(0, mark).trim(), part.slice(mark + 1).trim()];
    if (key === "skip") skipped = namesIn(value);
    else if (key === "experimental") experimental = namesIn(value);
    else if (key === "error") error = errorOf(part, value);
    else throw new Error(`invalid check option ${JSON.stringify(key)}`);
  }
  const has = (names: readonly string[], rule: string) => names.includes("all") || names.includes(rule);
  const wants = (rule: string) => (EXPERIMENTAL.has(rule) ? has(experimental, rule) : !has(skipped, rule));
  return { wants, error };
}

const EXPERIMENTAL: ReadonlySet<string> = new Set(["CopyIgnoredFile", "InvalidDefinitionDescription"]);

const namesIn = (value: string): string[] => value.split(",").map((one) => one.trim());

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
