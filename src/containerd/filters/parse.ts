/**
 * containerd's filter language: selectors joined by commas must all hold; of several filters one must.
 * A selector is a field path, alone (the field is there and not empty) or with ==, != or ~= (a regular
 * expression) and a value: `topic~=/tasks/.*,labels."a.b"==c`.
 */
import { invalidArgument } from "../../errors/errors.ts";

export type Operator = "present" | "==" | "!=" | "~=";

export interface Selector {
  path: string[];
  operator: Operator;
  value: string;
}

const NAME = /[A-Za-z0-9_-]+/y;
const BARE_VALUE = /[^\s,"|/][^\s,]*|\/[^\s,]*/y;

/** Reads one filter. Errors: invalidArgument. */
export function parseFilter(text: string): Selector[] {
  if (text.trim() === "") return [];
  const reader = new Reader(text);
  const selectors = [readSelector(reader)];
  while (reader.take(",")) selectors.push(readSelector(reader));
  if (!reader.atEnd()) reader.fail(`unexpected ${JSON.stringify(reader.rest())}`);
  return selectors;
}

function readSelector(reader: Reader): Selector {
  const path = [readField(reader)];
  while (reader.take(".")) path.push(readField(reader));
  for (const operator of ["==", "!=", "~="] as const) {
    if (reader.take(operator)) return { path, operator, value: readValue(reader, operator) };
  }
  return { path, operator: "present", value: "" };
}

function readField(reader: Reader): string {
  return reader.quoted('"') ?? reader.match(NAME) ?? reader.fail("a field name is wanted");
}

function readValue(reader: Reader, operator: Operator): string {
  const quoted =
    reader.quoted('"') ?? (operator === "~=" ? (reader.closed("|") ?? reader.closed("/")) : undefined);
  return quoted ?? reader.match(BARE_VALUE) ?? reader.fail("a value is wanted");
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.rest() === "";
  }

  rest(): string {
    return this.#text.slice(this.#at).trimStart();
  }

  fail(why: string): never {
    throw invalidArgument(`filter ${JSON.stringify(this.#text)}, at ${this.#at}: ${why}`);
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " ") this.#at++;
  }

  take(token: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  match(pattern: RegExp): string | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Text between quotes, with Go's escapes, of which JSON's are the common part. */
  quoted(quote: string): string | undefined {
    const text = this.match(/"(?:[^"\\]|\\.)*"/y);
    if (text === undefined || !text.startsWith(quote)) return undefined;
    try {
      return JSON.parse(text) as string;
    } catch {
      return this.fail("a quoted text is not well-formed");
    }
  }

  /**
   * Text between two marks that ends the selector; with no such second mark it is none. So |a/b| and
   * /a.b/ are closed, while the bare /tasks/exit is left to be read as it stands.
   */
  closed(mark: string): string | undefined {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return undefined;
    const found = this.#text
      .slice(this.#at)
      .match(mark === "|" ? /^\|([^|]*)\|(?=,|\s|$)/ : /^\/([^/]*)\/(?=,|\s|$)/);
    if (!found) return undefined;
    this.#at += found[0].length;
    return found[1]!;
  }
}
