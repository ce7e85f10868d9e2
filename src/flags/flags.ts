/**
 * Command-line flags in the form of Go's pflag, as Docker's programs take them: --name value, --name=value,
 * -n value, -nvalue, combined booleans -it, "--" ends the flags.
 */
import { EngineError } from "../errors/errors.ts";

interface Values {
  bool: boolean;
  string: string;
  int: number;
  /** May be given several times; each value as given. */
  list: string[];
}

export interface Flag<Kind extends keyof Values = keyof Values> {
  kind: Kind;
  short?: string;
  help: string;
  /** What the help calls the value. */
  value?: string;
  /** Shown in the help as "(default ...)". */
  fallback?: string;
}

type FlagTable = Record<string, Flag>;
export type FlagValues<T extends FlagTable> = { [Name in keyof T]?: Values[T[Name]["kind"]] };

export interface Parsed<T extends FlagTable> {
  /** Only what was given. */
  values: FlagValues<T>;
  /** What is not a flag, in order. */
  rest: string[];
}

const usage = (message: string) => new EngineError("invalidArgument", message, { data: { usage: true } });

/**
 * Reads flags anywhere among the arguments; with `stopAtFirst`, up to the first argument that is none.
 * Errors: invalidArgument, in pflag's words.
 */
export function parseFlags<const T extends FlagTable>(
  table: T,
  args: string[],
  options: { stopAtFirst?: boolean } = {},
): Parsed<T> {
  const parser = new Parser(table, args);
  parser.run(options.stopAtFirst ?? false);
  return { values: parser.values as FlagValues<T>, rest: parser.rest };
}

class Parser {
  readonly values: Record<string, Values[keyof Values]> = {};
  rest: string[] = [];
  readonly #table: FlagTable;
  readonly #args: string[];
  #at = 0;

  constructor(table: FlagTable, args: string[]) {
    this.#table = table;
    this.#args = args;
  }

  run(stopAtFirst: boolean): void {
    while (this.#at < this.#args.length) {
      const arg = this.#args[this.#at++]!;
      if (arg === "--") {
        this.rest = this.rest.concat(this.#args.slice(this.#at));
        return;
      }
      if (arg.startsWith("--")) this.#long(arg);
      else if (arg.startsWith("-") && arg !== "-") this.#short(arg);
      else {
        this.rest.push(arg);
        if (!stopAtFirst) continue;
        this.rest = this.rest.concat(this.#args.slice(this.#at));
        return;
      }
    }
  }

  #long(arg: string): void {
    const mark = arg.indexOf("=");
    const name = mark < 0 ? arg.slice(2) : arg.slice(2, mark);
    const flag = Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
    if (!flag) throw usage(`unknown flag: --${name}`);
    const given = mark < 0 ? undefined : arg.slice(mark + 1);
    if (flag.kind === "bool") this.#set(name, flag, given ?? "true", `--${name}`);
    else this.#set(name, flag, given ?? this.#next(`flag needs an argument: --${name}`), `--${name}`);
  }

  #short(arg: string): void {
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i]!;
      const entry = Object.entries(this.#table).find(([, flag]) => flag.short === letter);
      if (!entry) throw usage(`unknown shorthand flag: '${letter}' in ${arg}`);
      const [name, flag] = entry;
      const label = `-${letter}, --${name}`;
      if (flag.kind === "bool" && arg[i + 1] !== "=") {
        this.#set(name, flag, "true", label);
        continue;
      }
      const joined = arg.slice(i + 1).replace(/^=/, "");
      const text = joined || this.#next(`flag needs an argument: '${letter}' in ${arg}`);
      this.#set(name, flag, text, label);
      return;
    }
  }

  #next(complaint: string): string {
    const text = this.#args[this.#at++];
    if (text === undefined) throw usage(complaint);
    return text;
  }

  #set(name: string, flag: Flag, text: string, label: string): void {
    if (flag.kind === "list") this.values[name] = [...((this.values[name] as string[]) ?? []), text];
    else this.values[name] = parseValue(flag.kind, text, label);
  }
}

function parseValue(kind: "bool" | "string" | "int", text: string, label: string): boolean | string | number {
  if (kind === "string") return text;
  if (kind === "int") {
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    throw usage(
      `invalid argument "${text}" for "${label}" flag: strconv.ParseInt: parsing "${text}": invalid syntax`,
    );
  }
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  throw usage(
    `invalid argument "${text}" for "${label}" flag: strconv.ParseBool: parsing "${text}": invalid syntax`,
  );
}

/** The flags, sorted, in the columns that Docker's programs print. */
export function flagHelp(table: FlagTable): string {
  const rows = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => {
      const value = flag.kind === "bool" ? "" : ` ${flag.value ?? (flag.kind === "int" ? "int" : flag.kind)}`;
      const left = `${flag.short ? `-${flag.short}, ` : "    "}--${name}${value}`;
      return [left, flag.help + (flag.fallback === undefined ? "" : ` (default ${flag.fallback})`)] as const;
    });
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, help]) => `  ${left.padEnd(width)}${help}\n`).join("");
}
