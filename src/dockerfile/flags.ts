import { didYouMean } from "./suggest.ts";

/** What a flag takes: one value, several, or true and false. */
export type FlagKind = "string" | "strings" | "boolean";

export type Flags<T extends Record<string, FlagKind>> = {
  [K in keyof T]: T[K] extends "strings"
    ? string[]
    : T[K] extends "boolean"
      ? boolean | undefined
      : string | undefined;
};

const TRUE = ["", "true", "1", "t"];
const FALSE = ["false", "0", "f"];

/** Reads an instruction's flags. Errors: plain Error, in stock's words, which the caller puts on its line. */
export function readFlags<const T extends Record<string, FlagKind>>(words: string[], known: T): Flags<T> {
  const flags: Record<string, string | string[] | boolean | undefined> = {};
  for (const [name, kind] of Object.entries(known)) flags[name] = kind === "strings" ? [] : undefined;
  const seen = new Set<string>();
  for (const word of words) {
    const mark = word.indexOf("=");
    const name = word.slice(2, mark < 0 ? undefined : mark);
    const value = mark < 0 ? undefined : word.slice(mark + 1);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!kind) throw new Error(`Unknown flag: ${name}${didYouMean(name, Object.keys(known))}`);
    if (seen.has(name) && kind !== "strings") throw new Error(`Duplicate flag specified: ${name}`);
    seen.add(name);
    if (kind === "boolean") flags[name] = booleanOf(name, value ?? "");
    else if (value === undefined) throw new Error(`Missing a value on flag: ${name}`);
    else if (kind === "strings") (flags[name] as string[]).push(value);
    else flags[name] = value;
  }
  return flags as Flags<T>;
}

/** The value of a flag that is a boolean. Errors: plain, in BuildKit's words. */
export function booleanOf(name: string, value: string): boolean {
  if (TRUE.includes(value.toLowerCase())) return true;
  if (FALSE.includes(value.toLowerCase())) return false;
  throw new Error(`Expecting boolean value for flag ${name}, not: ${value}`);
}

export const flagNames = (words: string[]): string[] => words.map((word) => word.slice(2).split("=")[0]!);
