import { messageOf } from "../../errors/errors.ts";
import { parseDuration } from "../../units/duration.ts";
import { parseSize } from "../../units/size.ts";
import type { AnyValue, Flag, FlagTable } from "./spec.ts";

export interface Parsed {
  values: Record<string, AnyValue | undefined>;
  /** What is not a flag, in order. */
  rest: string[];
  /** The names of the flags that were given. */
  given: Set<string>;
  /** What is to be said about flags that are going to be removed. */
  notes: string[];
}

/** Flags that cannot be understood; `message` is pflag's. */
export class FlagError extends Error {}

/** `--help` was among the flags; `message` is what is to be said first, if anything. */
export class HelpAsked extends Error {}

const OLD_HELP = "Flag shorthand -h has been deprecated, use --help\n";

/** Reads flags as pflag does; with `stopAtFirst` up to the first argument that is none. Errors: FlagError, HelpAsked. */
export function parseFlags(table: FlagTable, args: readonly string[], stopAtFirst: boolean): Parsed {
  const parser = new Parser(table, args);
  parser.run(stopAtFirst);
  return { values: parser.values, rest: parser.rest, given: parser.given, notes: parser.notes };
}

class Parser {
  readonly values: Record<string, AnyValue | undefined> = {};
  readonly given = new Set<string>();
  rest: string[] = [];
  readonly notes: string[] = [];
  readonly #table: FlagTable;
  readonly #args: readonly string[];
  #at = 0;

  constructor(table: FlagTable, args: readonly string[]) {
    this.#table = table;
    this.#args = args;
    for (const [name, flag] of Object.entries(table)) {
      if (flag.kind === "bool") this.values[name] = flag.on === true;
      else if (flag.kind === "list") this.values[name] = [];
    }
  }

  run(stopAtFirst: boolean): void {
    while (this.#at < this.#args.length) {
      const arg = this.#args[this.#at++]!;
      if (arg === "--") {
        this.rest.push(...this.#args.slice(this.#at));
        return;
      }
      if (arg.length > 1 && arg.startsWith("-")) {
        if (arg.startsWith("--")) this.#long(arg);
        else this.#shorts(arg.slice(1), arg);
      } else if (stopAtFirst) {
        this.rest.push(arg, ...this.#args.slice(this.#at));
        return;
      } else this.rest.push(arg);
    }
  }

  #long(arg: string): void {
    const equals = arg.indexOf("=");
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${arg}`);
    const flag = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (!flag) {
      if (name === "help") return this.#help(equals < 0 ? "true" : arg.slice(equals + 1));
      throw new FlagError(`unknown flag: --${name}`);
    }
    if (equals >= 0) this.#set(name, flag, arg.slice(equals + 1));
    else if (flag.kind === "bool") this.#set(name, flag, "true");
    else this.#set(name, flag, this.#next(`flag needs an argument: --${name}`));
  }

  #help(text: string): void {
    if (this.#valueOf("help", { kind: "bool", help: "" }, text) === true) throw new HelpAsked();
  }

  #shorts(letters: string, arg: string): void {
    for (let i = 0; i < letters.length; i++) {
      const letter = letters[i]!;
      const found = Object.entries(this.#table).find(([, flag]) => flag.short === letter);
      if (!found) {
        if (letter === "h") throw new HelpAsked(OLD_HELP);
        throw new FlagError(
          `unknown shorthand flag: '${letter}' in ${i === 0 ? arg : `-${letters.slice(i)}`}`,
        );
      }
      const [name, flag] = found;
      const after = letters.slice(i + 1);
      if (after.startsWith("=")) return this.#set(name, flag, after.slice(1));
      if (flag.kind === "bool") this.#set(name, flag, "true");
      else if (after !== "") return this.#set(name, flag, after);
      else
        return this.#set(
          name,
          flag,
          this.#next(`flag needs an argument: '${letter}' in -${letters.slice(i)}`),
        );
    }
  }

  #next(missing: string): string {
    if (this.#at >= this.#args.length) throw new FlagError(missing);
    return this.#args[this.#at++]!;
  }

  #set(name: string, flag: Flag, text: string): void {
    const value = this.#valueOf(name, flag, text);
    this.given.add(name);
    if (flag.deprecated !== undefined)
      this.notes.push(`Flag --${name} has been deprecated, ${flag.deprecated}`);
    if (flag.kind === "list") (this.values[name] as string[]).push(value as string);
    else this.values[name] = value;
  }

  #valueOf(name: string, flag: Flag, text: string): AnyValue {
    try {
      return convert(flag, flag.check ? flag.check(text) : text);
    } catch (error) {
      const label = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      throw new FlagError(
        `invalid argument ${JSON.stringify(text)} for "${label}" flag: ${messageOf(error)}`,
      );
    }
  }
}

const TRUE = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function convert(flag: Flag, text: string): AnyValue {
  switch (flag.kind) {
    case "bool":
      if (TRUE.has(text)) return true;
      if (FALSE.has(text)) return false;
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case "int":
      if (/^[+-]?(\d+|0x[0-9a-f]+)$/i.test(text)) return Number(text);
      throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    case "bytes":
      return text === "-1" && flag.unlimited ? -1 : parseSize(text);
    case "duration":
      return parseDuration(text);
    case "cpus":
      return parseCpus(text);
    default:
      return text;
  }
}

function parseCpus(text: string): number {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text))
    throw new Error(`failed to parse ${text} as a rational number`);
  const billionths = Number(text) * 1e9;
  if (Math.abs(billionths - Math.round(billionths)) > 1e-6) throw new Error("value is too precise");
  return Math.round(billionths);
}
