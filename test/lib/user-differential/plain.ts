/** Answers made comparable: what must differ between two engines, or two moments, becomes a word. */
import type { Result } from "../engine.ts";

const RULES: [RegExp, string][] = [
  [/\b[0-9a-f]{64}\b/g, "ID"],
  [/\b[0-9a-f]{12}\b/g, "SHORT"],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d( [A-Z0-9+]+)?)?/g, "TIME"],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, "MAC"],
  [/\b172\.\d+\.\d+\.\d+\b/g, "ADDRESS"],
];
const AGES = /(Less than a|About a|About an|\d+) (second|minute|hour)s?/g;

function plain(text: string, folder: string): string {
  let named = text.replaceAll(folder, "HERE");
  for (const [pattern, word] of RULES) named = named.replace(pattern, word);
  const aged = named.replace(AGES, "AGE");
  // Ages make columns wider or narrower: their spaces are of no account.
  return aged === named ? named : aged.replace(/ +/g, " ");
}

export const comparable = ({ code, stdout, stderr }: Result, folder: string): Result => ({
  code,
  stdout: plain(stdout, folder),
  stderr: plain(stderr, folder),
});
