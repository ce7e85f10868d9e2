import { readFileSync } from "node:fs";
import { errnoOf, messageOf } from "../../../errors/errors.ts";

const NEWLINE = 10;

function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new Error(`open ${path}: no such file or directory`);
    if (errnoOf(error) === "EISDIR")
      throw new Error(`invalid env file (${path}): read ${path}: is a directory`);
    throw new Error(`open ${path}: ${messageOf(error)}`);
  }
}

/** The lines of a file in UTF-8. */
function linesOf(path: string): string[] {
  const lines: string[] = [];
  const content = contentOf(path);
  for (let at = 0; at < content.length; ) {
    const end = content.indexOf(NEWLINE, at);
    const bytes = content.subarray(at, end < 0 ? content.length : end);
    lines.push(textOf(bytes, path, lines.length + 1));
    at = end < 0 ? content.length : end + 1;
  }
  return lines;
}

function textOf(bytes: Uint8Array, path: string, line: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: line > 1 }).decode(bytes).replace(/\r$/, "");
  } catch {
    const shown = `[${bytes.join(" ")}]`;
    throw new Error(`invalid env file (${path}): invalid utf8 bytes at line ${line}: ${shown}`);
  }
}

/** NAME=VALUE of each line but comments and empty ones; what becomes of a bare NAME says `bare`. */
function pairsOf(path: string, bare: (name: string) => string[]): string[] {
  return linesOf(path).flatMap((raw) => {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#")) return [];
    const equals = line.indexOf("=");
    const name = equals < 0 ? line : line.slice(0, equals);
    if (name === "") throw new Error(`invalid env file (${path}): no variable name on line '${line}'`);
    if (/\s/.test(name))
      throw new Error(`invalid env file (${path}): variable '${name}' contains whitespaces`);
    return equals >= 0 ? [line] : bare(name);
  });
}

/** The variables of env files; a bare NAME takes our own value if there is one. Errors: in the docker client's words. */
export function readEnvFiles(paths: readonly string[]): string[] {
  const own = (name: string) => {
    const value = process.env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  };
  return paths.flatMap((path) => pairsOf(path, own));
}

/** The labels of label files; a bare NAME is passed over, as the docker client does. Errors: in its words. */
export function readLabelFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => pairsOf(path, () => []));
}

/** KEY=VALUE texts as an object; a bare KEY has an empty value. */
export function toMap(pairs: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 0) map[pair] = "";
    else map[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return map;
}
