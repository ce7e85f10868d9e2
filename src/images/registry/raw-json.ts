/** JSON without a change of what it says: numbers, field order and duplicates stay, as Go's json.RawMessage keeps them. */
import { dataLoss } from "../../errors/errors.ts";

const STRUCTURE = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g;

/** The members of an object, each value as its compact text. Errors: dataLoss for anything else. */
export function rawMembers(text: string): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw dataLoss("invalid JSON", { cause });
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw dataLoss("invalid JSON: not an object");
  const members = new Map<string, string>();
  let [depth, key, value] = [0, "", ""];
  for (const [token] of text.matchAll(STRUCTURE)) {
    if (token === "}" || token === "]") depth--;
    if (depth === 1 && key === "" && token !== ",") key = token;
    else if (depth === 1 && token === "," && key !== "") {
      members.set(JSON.parse(key) as string, value.slice(1));
      [key, value] = ["", ""];
    } else if (depth > 0 && key !== "") value += goEscaped(token);
    if (token === "{" || token === "[") depth++;
  }
  if (key !== "") members.set(JSON.parse(key) as string, value.slice(1));
  return members;
}

/** What Go's encoder writes in place of characters that mean something in HTML. */
const goEscaped = (text: string): string =>
  text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** As Go's json.Marshal writes plain data. */
export const goJSON = (value: unknown): string => goEscaped(JSON.stringify(value));

/** An object with its members sorted, as Go writes a map. */
export const sortedObject = (members: ReadonlyMap<string, string>): string =>
  `{${[...members.keys()]
    .sort()
    .map((key) => `${goJSON(key)}:${members.get(key)}`)
    .join(",")}}`;
