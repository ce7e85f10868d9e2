/**
 * containerd's filter language: selectors joined by commas must all hold; of several filters one must.
 * A selector is a field path, alone (the field is there) or with ==, != or ~= (a regular expression) and a value:
 * `topic~=|^/tasks/|,labels."a.b"==c`. Texts of errors are containerd's.
 */
import { invalidArgument } from "../../errors/errors.ts";
import { unquote } from "./quoted.ts";
import { Scanner, type Token } from "./scan.ts";

export type Operator = "present" | "==" | "!=" | "~=";

export interface Selector {
  path: string[];
  operator: Operator;
  value: string;
}

/** Reads one filter; none at all lets everything through. Errors: invalidArgument. */
export function parseFilter(text: string): Selector[] {
  return text === "" ? [] : new Parser(text).selectors();
}

class Parser {
  readonly #text: string[];
  readonly #scanner: Scanner;

  constructor(text: string) {
    this.#text = [...text];
    this.#scanner = new Scanner(text);
  }

  selectors(): Selector[] {
    const found = [this.#selector()];
    for (;;) {
      const next = this.#scanner.peek();
      if (next === undefined) return found;
      if (next !== ",") this.#fail(this.#scanner.at, `unexpected input: ${next}`);
      this.#scanner.next();
      found.push(this.#selector());
    }
  }

  #selector(): Selector {
    const path = [this.#field()];
    while (this.#scanner.peek() === ".") {
      this.#scanner.next();
      path.push(this.#field());
    }
    const next = this.#scanner.peek();
    if (next === undefined || next === ",") return { path, operator: "present", value: "" };
    const operator = this.#operator();
    return { path, operator, value: this.#value(operator) };
  }

  #field(): string {
    return this.#word(["field"], "expected field or quoted");
  }

  #operator(): Operator {
    const { kind, at, text, why } = this.#scanner.next();
    if (kind !== "operator") this.#fail(at, why ?? 'expected an operator ("=="|"!="|"~=")');
    if (text === "==" || text === "!=" || text === "~=") return text;
    return this.#fail(at, `unsupported operator ${JSON.stringify(text)}`);
  }

  #value(operator: Operator): string {
    return this.#word(["value", "field"], "expected value or quoted", operator === "~=");
  }

  /** A word of one of these kinds, or what a quoted text means; a pattern may stand between other marks than quotes. */
  #word(kinds: readonly Token["kind"][], wanted: string, isPattern = false): string {
    const { kind, at, text, why } = this.#scanner.next();
    if (kinds.includes(kind)) return text;
    if (kind === "quoted" && !isPattern && !text.startsWith('"')) this.#fail(at, "invalid quote encountered");
    if (kind === "quoted") return unquote(text) ?? this.#fail(at, "unquoting failed: quote syntax error");
    return this.#fail(at, why ?? wanted);
  }

  #fail(at: number, why: string): never {
    const text = this.#text;
    const before = text.slice(0, at).join("");
    const shown =
      at < text.length ? `${before} >|${text[at]}|< ${text.slice(at + 1).join("")}` : text.join("");
    throw invalidArgument(`filters: parse error: [${shown}]: ${why}: invalid argument`);
  }
}
