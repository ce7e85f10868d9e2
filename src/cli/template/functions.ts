import { jsonOf, printValue } from "./print.ts";
import { sprintf } from "./printf.ts";

/** A template function. Errors: told as "error calling NAME: ...". */
export type Implementation = (...args: unknown[]) => unknown;

const text = (value: unknown): string => (typeof value === "string" ? value : printValue(value));

/** What if, with, and, or and not go by. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object") return Object.keys(value).length > 0;
  return Boolean(value);
}

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new Error("incompatible types for comparison");
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new Error("len of type which has no length");
}

function index(item: unknown, ...keys: unknown[]): unknown {
  let value = item;
  for (const key of keys) {
    if (value === null || value === undefined) throw new Error("index of untyped nil");
    if (Array.isArray(value)) {
      const at = Number(key);
      if (!(at >= 0 && at < value.length)) throw new Error(`index out of range: ${text(key)}`);
      value = value[at];
    } else if (typeof value === "object") {
      value = Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : "";
    } else throw new Error(`can't index item of type ${typeof value}`);
  }
  return value;
}

function slice(item: unknown, from?: unknown, to?: unknown): unknown {
  if (typeof item !== "string" && !Array.isArray(item)) throw new Error("can't slice item");
  const [start, end] = [(from as number | undefined) ?? 0, (to as number | undefined) ?? item.length];
  for (const at of [start, end])
    if (!(at >= 0 && at <= item.length)) throw new Error(`index out of range: ${at}`);
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  return item.slice(start, end);
}

/** Go's fmt.Sprint: spaces between operands when neither is a string. */
function print(...args: unknown[]): string {
  return args
    .map((arg, i) => {
      const spaced = i > 0 && typeof arg !== "string" && typeof args[i - 1] !== "string";
      return (spaced ? " " : "") + printValue(arg);
    })
    .join("");
}

const percent = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;

const FUNCTIONS: Record<string, Implementation> = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  not: (arg) => !isTrue(arg),
  eq: (first, ...others) => others.some((other) => compare(first, other) === 0),
  ne: (a, b) => compare(a, b) !== 0,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: lengthOf,
  index,
  slice,
  print,
  println: (...args) => `${args.map(printValue).join(" ")}\n`,
  printf: (format, ...args) => sprintf(text(format), args),
  html: (arg) =>
    text(arg).replace(
      /[&<>"']/g,
      (c) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "#34", "'": "#39" }[c]};`,
    ),
  js: (arg) => JSON.stringify(text(arg)).slice(1, -1),
  urlquery: (...args) =>
    encodeURIComponent(print(...args))
      .replace(/%20/g, "+")
      .replace(/[!'()*]/g, percent),
  json: jsonOf,
  split: (value, separator) => text(value).split(text(separator)),
  join: (list, separator) => (Array.isArray(list) ? list.map(text).join(text(separator)) : text(list)),
  title: (value) =>
    text(value).replace(/(^|[^\p{L}\p{N}_'])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase()),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    text(value) === "" ? "" : " ".repeat(Number(before)) + text(value) + " ".repeat(Number(after)),
  truncate: (value, length) => text(value).slice(0, Number(length)),
};

export const isFunction = (name: string): boolean => Object.hasOwn(FUNCTIONS, name);

/** Calls a template function. Errors: those of the function. */
export function callFunction(name: string, args: unknown[]): unknown {
  return FUNCTIONS[name]!(...args);
}
