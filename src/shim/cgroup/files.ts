/** Reading the files of control groups. What a kernel does not have counts as 0 or empty. */
import { readSmallFile } from "../../linux/fd.ts";

const UNLIMITED = 0xffff_ffff_ffff_ffffn;

/** The text of a file, "" when there is none. */
export function readText(path: string): string {
  try {
    return readSmallFile(path);
  } catch {
    return "";
  }
}

/** A number; "max" is the largest 64-bit one. */
export function toNumber(text: string): bigint {
  const word = text.trim();
  if (word === "max") return UNLIMITED;
  return /^\d+$/.test(word) ? BigInt(word) : 0n;
}

/** A file that holds a single number. */
export const readNumber = (path: string): bigint => toNumber(readText(path));

/** A file with lines of "name value". */
export function readCounters(path: string): Record<string, bigint> {
  const counters: Record<string, bigint> = {};
  for (const line of readText(path).split("\n")) {
    const [name, value] = line.split(" ");
    if (name && value !== undefined) counters[name] = toNumber(value);
  }
  return counters;
}

/** Counters under the names of message fields: "usage_usec" as usageUsec. Those without a field are not sent. */
export function fieldsOf(counters: Record<string, bigint>): Record<string, bigint> {
  const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [camelCase(name), value]));
}

/** The names in a folder that match, e.g. the page sizes of hugetlb. */
export function namesIn(folder: string, pattern: RegExp): string[] {
  const files = [...new Bun.Glob("*").scanSync(folder)];
  return files.flatMap((file) => pattern.exec(file)?.[1] ?? []);
}
