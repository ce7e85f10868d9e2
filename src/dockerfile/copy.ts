import { readFlags } from "./flags.ts";
import { heredocMark } from "./heredoc.ts";
import type { Statement } from "./statement.ts";
import type { CopyOptions } from "./types.ts";
import { parseJsonList, splitWords } from "./words.ts";

const COPY_FLAGS = {
  chown: "string",
  chmod: "string",
  link: "boolean",
  parents: "boolean",
  exclude: "strings",
  from: "string",
} as const;

const ADD_FLAGS = {
  chown: "string",
  chmod: "string",
  link: "boolean",
  exclude: "strings",
  checksum: "string",
  "keep-git-dir": "boolean",
  unpack: "boolean",
} as const;

/** COPY and ADD. Errors: Error. */
export function readCopy(statement: Statement): CopyOptions {
  const paths = pathsOf(statement);
  if (paths.length === 0) throw new Error(`${statement.keyword} requires at least one argument`);
  if (paths.length < 2)
    throw new Error(
      `${statement.keyword} requires at least two arguments, but only one was provided. Destination could not be determined.`,
    );
  const destination = paths.at(-1)!;
  const { heredocs } = statement.line;
  if (heredocMark(destination)) throw new Error(`${statement.keyword} destination cannot be a heredoc`);
  const sources = paths.slice(0, -1).filter((path) => heredocs.length === 0 || !heredocMark(path));
  return { sources, destination, heredocs, ...flagsOf(statement) };
}

type CopyFlags = Omit<CopyOptions, "sources" | "destination" | "heredocs">;

function flagsOf({ keyword, flags }: Statement): CopyFlags {
  const none = { from: undefined, parents: false, checksum: undefined, keepGitDir: false, unpack: undefined };
  if (keyword === "COPY") {
    const { link, parents, ...given } = readFlags(flags, COPY_FLAGS);
    return { ...none, ...given, link: link ?? false, parents: parents ?? false };
  }
  const { link, "keep-git-dir": keepGitDir, ...given } = readFlags(flags, ADD_FLAGS);
  return { ...none, ...given, link: link ?? false, keepGitDir: keepGitDir ?? false };
}

function pathsOf({ rest, line, ...statement }: Statement): string[] {
  const json = parseJsonList(rest);
  if (typeof json === "object") return json.list;
  if (line.heredocs.length > 0) return splitWords(rest, statement.escape);
  return rest.split(/[\t\v\f\r ]+/).filter((word) => word !== "");
}
