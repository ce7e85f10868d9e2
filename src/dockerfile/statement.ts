import { readFlags } from "./flags.ts";
import type { LogicalLine } from "./lines.ts";
import type { CommandLine } from "./types.ts";
import { parseJsonList, takeFlags } from "./words.ts";

/** What every reader gets. */
export interface Statement {
  line: LogicalLine;
  /** Upper-case. */
  keyword: string;
  flags: string[];
  /** What follows the flags, trimmed. */
  rest: string;
  escape: string;
}

/** Splits a line into keyword, flags and rest. Flags of ONBUILD belong to what follows it. */
export function statementOf(line: LogicalLine, escapeChar: string): Statement {
  const [, word = "", after = ""] = /^(\S+)(?:\s+(.*))?$/s.exec(line.text.trim()) ?? [];
  const keyword = word.toUpperCase();
  const { flags, rest } = takeFlags(after);
  return { line, keyword, flags, rest: rest.trim(), escape: escapeChar };
}

export const words = (text: string): string[] => text.split(/[\t\v\f\r ]+/).filter((word) => word !== "");

/** Refuses flags, for an instruction that has none. */
export function noFlags(statement: Statement): void {
  readFlags(statement.flags, {});
}

/** A command in exec or shell form. */
export function commandLine(rest: string): CommandLine {
  const json = parseJsonList(rest);
  if (json === "not strings")
    throw new Error("when using JSON array syntax, arrays must be comprised of strings only");
  if (json !== "no list") return { words: json.list, shell: false };
  return { words: rest === "" ? [] : [rest], shell: true };
}
