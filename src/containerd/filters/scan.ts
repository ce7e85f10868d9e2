/** The words of containerd's filter language, as its scanner tells them apart. */
import { isQuote, quotedEnd } from "./quoted.ts";

export type TokenKind = "end" | "quoted" | "illegal" | "separator" | "operator" | "value" | "field" | "other";

export interface Token {
  kind: TokenKind;
  /** Where it begins, counted in characters. */
  at: number;
  text: string;
  /** Of what is illegal: why. */
  why?: string;
}

const FIELD = /[A-Za-z0-9_-]/;
const OPERATOR = /[=!~]/;
const SPACE = /\s/;
/** A value goes on to a comma, a space, or what cannot be seen. */
const VALUE = /[^,\s\p{C}]/u;

export class Scanner {
  readonly #text: string[];
  #at = 0;
  /** An operator has been read: what follows is a value. */
  #wantsValue = false;

  constructor(text: string) {
    this.#text = [...text];
  }

  get at(): number {
    return this.#at;
  }

  /** The next character, spaces too; undefined at the end. */
  peek(): string | undefined {
    return this.#text[this.#at];
  }

  /** The next word, spaces before it left out. */
  next(): Token {
    while (this.#isA(SPACE)) this.#at++;
    const at = this.#at;
    const first = this.peek();
    if (first === undefined) return { kind: "end", at, text: "" };
    if (isQuote(first)) return this.#quoted(at);
    this.#at++;
    const token = (kind: TokenKind): Token => ({ kind, at, text: this.#text.slice(at, this.#at).join("") });
    if (first === "," || first === ".") {
      this.#wantsValue = false;
      return token("separator");
    }
    if (OPERATOR.test(first)) {
      while (this.#isA(OPERATOR)) this.#at++;
      this.#wantsValue = true;
      return token("operator");
    }
    if (this.#wantsValue) {
      while (this.#isA(VALUE)) this.#at++;
      this.#wantsValue = false;
      return token("value");
    }
    if (!FIELD.test(first)) return token("other");
    while (this.#isA(FIELD)) this.#at++;
    return token("field");
  }

  #isA(kind: RegExp): boolean {
    const next = this.peek();
    return next !== undefined && kind.test(next);
  }

  #quoted(at: number): Token {
    const { end, why } = quotedEnd(this.#text, at);
    this.#at = end;
    const text = this.#text.slice(at, end).join("");
    return why === undefined ? { kind: "quoted", at, text } : { kind: "illegal", at, text, why };
  }
}
