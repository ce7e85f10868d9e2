/**
 * Variable expansion in the words of instructions: quotes and escapes are taken off, $name and ${name} replaced, with
 * the modifiers - + ? (and :- :+ :?), # ## % %% and / //.
 */
import { invalidArgument } from "../errors/errors.ts";
import { patternToRegExp } from "./pattern.ts";

export interface Expansion {
  /** The value of a variable, undefined if it is not set. */
  lookup(name: string): string | undefined;
  escape: string;
  /** Told of every name that was not set and had no default. */
  missing?(name: string): void;
}

/** One word from one word. Errors: invalidArgument. */
export function expandWord(word: string, expansion: Expansion): string {
  return new Expander(word, expansion).run().text;
}

/** Any number of words from one: what variables hold is split at white space. Errors: invalidArgument. */
export function expandWords(word: string, expansion: Expansion): string[] {
  return new Expander(word, expansion).run().words;
}

const END = "";

class Expander {
  readonly #chars: string[];
  #at = 0;
  readonly #word: string;
  readonly #options: Expansion;
  readonly #words: string[] = [];
  #current: string | undefined;

  constructor(word: string, options: Expansion) {
    this.#word = word;
    this.#chars = [...word];
    this.#options = options;
  }

  run(): { text: string; words: string[] } {
    const text = this.#until(END, false, true);
    if (this.#current !== undefined) this.#words.push(this.#current);
    return { text, words: this.#words };
  }

  #fail(what: string): Error {
    return invalidArgument(`failed to process ${JSON.stringify(this.#word)}: ${what}`);
  }

  #peek(): string {
    return this.#chars[this.#at] ?? END;
  }

  #next(): string {
    return this.#chars[this.#at++] ?? END;
  }

  /** Text up to `stop`, which is consumed. `top`: it makes up the words of the result. */
  #until(stop: string, rawEscapes: boolean, top = false): string {
    let text = "";
    for (let char = this.#peek(); char !== END; char = this.#peek()) {
      if (char === stop) {
        this.#next();
        return text;
      }
      const piece = this.#piece(char, rawEscapes);
      text += piece.text;
      if (top) this.#addTo(piece);
    }
    if (stop !== END) throw this.#fail(`unexpected end of statement while looking for matching ${stop}`);
    return text;
  }

  #piece(char: string, rawEscapes: boolean): { text: string; splits: boolean } {
    if (char === "'") return { text: this.#singleQuoted(), splits: false };
    if (char === '"') return { text: this.#doubleQuoted(), splits: false };
    if (char === "$") return { text: this.#dollar(), splits: true };
    this.#next();
    if (char !== this.#options.escape) return { text: char, splits: true };
    const next = this.#next();
    return { text: rawEscapes && next !== END ? char + next : next, splits: false };
  }

  #addTo({ text, splits }: { text: string; splits: boolean }): void {
    if (!splits) {
      this.#current = (this.#current ?? "") + text;
      return;
    }
    for (const char of text) {
      if (!/\s/.test(char)) this.#current = (this.#current ?? "") + char;
      else if (this.#current !== undefined) {
        this.#words.push(this.#current);
        this.#current = undefined;
      }
    }
  }

  #singleQuoted(): string {
    this.#next();
    let text = "";
    for (;;) {
      const char = this.#next();
      if (char === END)
        throw this.#fail("unexpected end of statement while looking for matching single-quote");
      if (char === "'") return text;
      text += char;
    }
  }

  #doubleQuoted(): string {
    this.#next();
    let text = "";
    for (;;) {
      const char = this.#peek();
      if (char === END)
        throw this.#fail("unexpected end of statement while looking for matching double-quote");
      if (char === "$") {
        text += this.#dollar();
        continue;
      }
      this.#next();
      if (char === '"') return text;
      text += char === this.#options.escape ? this.#escapedInQuotes(char) : char;
    }
  }

  /** Within double quotes only ", $ and the escape itself can be escaped. */
  #escapedInQuotes(mark: string): string {
    const next = this.#peek();
    if (next !== '"' && next !== "$" && next !== mark) return mark;
    return this.#next();
  }

  #dollar(): string {
    this.#next();
    if (this.#peek() === "{") {
      this.#next();
      return this.#braced();
    }
    const name = this.#name();
    return name === "" ? "$" : this.#value(name);
  }

  #value(name: string): string {
    const value = this.#options.lookup(name);
    if (value === undefined) this.#options.missing?.(name);
    return value ?? "";
  }

  /** A name, a number, or one special character. */
  #name(): string {
    const rest = this.#chars.slice(this.#at).join("");
    const found = /^(?:[0-9]+|[A-Za-z_\p{L}][\w\p{L}]*|[@*#?\-$!])/u.exec(rest)?.[0] ?? "";
    this.#at += [...found].length;
    return found;
  }

  #braced(): string {
    if (this.#peek() === END) throw this.#fail("syntax error: missing '}'");
    if ("{}:".includes(this.#peek())) throw this.#fail("syntax error: bad substitution");
    const name = this.#name();
    const mark = this.#next();
    switch (mark) {
      case "}":
        return this.#value(name);
      case END:
        throw this.#fail("syntax error: missing '}'");
      case "-":
      case "+":
      case "?":
        return this.#conditional(name, mark, false);
      case ":":
        return this.#afterColon(name);
      case "#":
      case "%":
        return this.#trim(name, mark);
      case "/":
        return this.#replace(name);
      default:
        throw this.#fail(`unsupported modifier (${mark}) in substitution`);
    }
  }

  #afterColon(name: string): string {
    const mark = this.#next();
    if (mark === "-" || mark === "+" || mark === "?") return this.#conditional(name, mark, true);
    if (mark === END) throw this.#fail("syntax error: missing '}'");
    throw this.#fail(`unsupported modifier (:${mark}) in substitution`);
  }

  #conditional(name: string, mark: "-" | "+" | "?", emptyIsUnset: boolean): string {
    const word = this.#modifierWord();
    const value = this.#options.lookup(name);
    const unset = value === undefined || (emptyIsUnset && value === "");
    if (mark === "-") return unset ? word : value;
    if (mark === "+") return unset ? "" : word;
    if (!unset) return value;
    const why = value === undefined ? "is not allowed to be unset" : "is not allowed to be empty";
    throw this.#fail(`${name}: ${word === "" ? why : word}`);
  }

  #modifierWord(rawEscapes = false): string {
    try {
      return this.#until("}", rawEscapes);
    } catch (error) {
      if (this.#peek() === END && String(error).includes("matching }"))
        throw this.#fail("syntax error: missing '}'");
      throw error;
    }
  }

  #trim(name: string, mark: "#" | "%"): string {
    const greedy = this.#peek() === mark;
    if (greedy) this.#next();
    const pattern = this.#modifierWord(true);
    const value = this.#value(name);
    return mark === "#" ? cutPrefix(value, pattern, greedy) : cutSuffix(value, pattern, greedy);
  }

  #replace(name: string): string {
    const all = this.#peek() === "/";
    if (all) this.#next();
    const pattern = this.#until("/", true);
    const replacement = this.#modifierWord();
    return this.#value(name).replace(
      patternToRegExp(pattern, { greedy: true, flags: all ? "gsu" : "su" }),
      () => replacement,
    );
  }
}

function cutPrefix(value: string, pattern: string, greedy: boolean): string {
  return value.replace(patternToRegExp(pattern, { greedy, start: true }), "");
}

/** Looks from the end, because the shortest match at the end is not the first from the start. */
function cutSuffix(value: string, pattern: string, greedy: boolean): string {
  const whole = patternToRegExp(pattern, { greedy: true, start: true, end: true });
  const starts = Array.from({ length: value.length + 1 }, (_, i) => (greedy ? i : value.length - i));
  const found = starts.find((at) => whole.test(value.slice(at)));
  return found === undefined ? value : value.slice(0, found);
}
