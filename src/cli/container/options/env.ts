import { readFileSync } from "node:fs";
import { errnoOf, messageOf } from "../../../errors/errors.ts";

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new Error(`open ${path}: no such file or directory`);
    throw new Error(`open ${path}: ${messageOf(error)}`);
  }
}

/** The variables of env files: comments and empty lines are skipped, a bare NAME takes our own value if there is one. */
export function readEnvFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    lines(path).flatMap((raw) => {
      const line = raw.trimStart();
      if (line === "" || line.startsWith("#")) return [];
      const equals = line.indexOf("=");
      const name = equals < 0 ? line : line.slice(0, equals);
      if (name === "") throw new Error(`invalid env file (${path}): no variable name on line '${line}'`);
      if (/\s/.test(name))
        throw new Error(`invalid env file (${path}): variable '${name}' contains whitespaces`);
      if (equals >= 0) return [line];
      const own = process.env[name];
      return own === undefined ? [] : [`${name}=${own}`];
    }),
  );
}

/** The labels of label files: NAME or NAME=VALUE a line. */
export function readLabelFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => lines(path).filter((line) => line.trim() !== "" && !line.startsWith("#")));
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
