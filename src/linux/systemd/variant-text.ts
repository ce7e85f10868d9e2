/**
 * Values as people write them for D-Bus (GVariant's text format): 'text', true, 5, 1.5, uint64 5, ['a', 'b'], @as [].
 * Structs, dictionaries and variants are not among them. Errors: invalidArgument.
 */
import { invalidArgument } from "../../errors/errors.ts";
import type { Value, Variant } from "./marshal.ts";

const KEYWORDS: Readonly<Record<string, string>> = {
  boolean: "b",
  byte: "y",
  int16: "n",
  uint16: "q",
  int32: "i",
  uint32: "u",
  int64: "x",
  uint64: "t",
  double: "d",
  string: "s",
  objectpath: "o",
  signature: "g",
};
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  y: [0n, 0xffn],
  n: [-(1n << 15n), (1n << 15n) - 1n],
  q: [0n, 0xffffn],
  i: [-(1n << 31n), (1n << 31n) - 1n],
  u: [0n, 0xffffffffn],
  x: [-(1n << 63n), (1n << 63n) - 1n],
  t: [0n, (1n << 64n) - 1n],
};
const ESCAPES = new Map([..."abfnrtv"].map((letter, i) => [letter, "\x07\b\f\n\r\t\v"[i]!]));

/** A string in either quotes; a number or word; a bracket or comma; a type after "@". */
const TOKEN = /\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|@[a-z]+|[-+\w.]+|[[\],])/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== "") {
    const at = TOKEN.lastIndex;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw invalidArgument(`${JSON.stringify(text.slice(at))} is not a value`);
    found.push(token);
  }
  return found;
}

const unquote = (token: string) =>
  token.slice(1, -1).replace(/\\(.)/gs, (_, c: string) => ESCAPES.get(c) ?? c);

function numberOf(token: string, type: string): Value {
  if (type === "d") {
    const value = Number(token);
    if (Number.isNaN(value)) throw invalidArgument(`${token} is not a number`);
    return value;
  }
  const sign = /^([-+]?)(0x[\da-f]+|\d+)$/i.exec(token);
  const [least, most] = RANGES[type] ?? [0n, 0n];
  const value = sign ? BigInt(sign[2]!) * (sign[1] === "-" ? -1n : 1n) : undefined;
  if (value === undefined || value < least || value > most)
    throw invalidArgument(`${token} is not a number of type ${JSON.stringify(type)}`);
  return value;
}

const guess = (token: string) =>
  /^['"]/.test(token)
    ? "s"
    : token === "true" || token === "false"
      ? "b"
      : /[.]|^[-+]?\d+e/i.test(token)
        ? "d"
        : "i";

function scalar(token: string, type: string): Variant {
  const text = /^['"]/.test(token);
  if (text !== "sog".includes(type)) throw invalidArgument(`${token} is not of type ${JSON.stringify(type)}`);
  if (text) return { signature: type, value: unquote(token) };
  if (type !== "b") return { signature: type, value: numberOf(token, type) };
  if (token !== "true" && token !== "false") throw invalidArgument(`${token} is neither true nor false`);
  return { signature: "b", value: token === "true" };
}

/** `rest`: the tokens to read; what belongs to the value is taken from it. */
function take(rest: string[], type?: string): Variant {
  const token = rest.shift();
  if (token === undefined) throw invalidArgument("the value is missing");
  if (token.startsWith("@")) return take(rest, token.slice(1));
  if (Object.hasOwn(KEYWORDS, token)) return take(rest, KEYWORDS[token]);
  if (token !== "[") return scalar(token, type ?? guess(token));
  if (type !== undefined && !type.startsWith("a"))
    throw invalidArgument(`a list is not of type ${JSON.stringify(type)}`);
  return list(rest, type?.slice(1));
}

function list(rest: string[], element?: string): Variant {
  const values: Value[] = [];
  let type = element;
  while (rest[0] !== "]") {
    if (values.length > 0 && rest.shift() !== ",")
      throw invalidArgument("a list wants commas between its values, and an end");
    const { signature, value } = take(rest, type);
    type ??= signature;
    if (signature !== type) throw invalidArgument("the values of a list must be of one type");
    values.push(value);
  }
  rest.shift();
  if (type === undefined) throw invalidArgument("an empty list needs its type, as in @as []");
  return { signature: `a${type}`, value: values };
}

/** Reads one value. */
export function parseVariant(text: string): Variant {
  const rest = tokens(text);
  const value = take(rest);
  if (rest.length > 0) throw invalidArgument(`${JSON.stringify(rest.join(" "))} follows the value`);
  return value;
}
