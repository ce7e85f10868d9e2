import { isFunction } from "./functions.ts";
import { lex, type Token } from "./lex.ts";
import { type Node, type Operand, type Pipe, TemplateError } from "./nodes.ts";

/** Parses a template. Errors: TemplateError, in Go's words. */
export function parseTemplate(source: string): Node[] {
  const parser = new Parser(source, lex(source));
  return parser.list(true).nodes;
}

type Ending = "end" | "else" | "eof";

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  #at = 0;

  constructor(source: string, tokens: Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** Nodes up to {{end}}, {{else}} or the end of the source. */
  list(top: boolean): { nodes: Node[]; ending: Ending } {
    const nodes: Node[] = [];
    for (let token = this.#next(); token; token = this.#next()) {
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      this.#skipSpace();
      const word = this.#peek()?.kind === "word" ? this.#peek()!.text : "";
      if (word === "end" || word === "else") {
        if (top) throw this.#error(`unexpected {{${word}}}`);
        this.#next();
        if (word === "end") this.#close("end");
        return { nodes, ending: word };
      }
      nodes.push(this.#action(word));
    }
    if (!top) throw this.#error("unexpected EOF");
    return { nodes, ending: "eof" };
  }

  #action(word: string): Node {
    if (word === "if" || word === "with" || word === "range") {
      this.#next();
      return this.#control(word);
    }
    if (word === "break" || word === "continue") {
      this.#next();
      this.#close(word);
      return { kind: word };
    }
    if (word === "define" || word === "template" || word === "block")
      throw new TemplateError(`template: {{${word}}} is not implemented`);
    const pipe = this.#pipe("command");
    this.#close("command");
    return { kind: "action", pipe };
  }

  #control(kind: "if" | "with" | "range"): Node {
    const pipe = this.#pipe(kind);
    this.#close(kind);
    const body = this.list(false);
    let otherwise: Node[] = [];
    if (body.ending === "else") {
      this.#skipSpace();
      const chained = this.#peek();
      if (chained?.kind === "word" && (chained.text === "if" || chained.text === "with")) {
        this.#next();
        // {{else if}} shares the outer {{end}}.
        otherwise = [this.#control(chained.text)];
      } else {
        this.#close("else");
        otherwise = this.list(false).nodes;
      }
    }
    return { kind, pipe, body: body.nodes, otherwise };
  }

  #pipe(context: string): Pipe {
    const { variables, assigns } = this.#declaration();
    const commands: Operand[][] = [];
    for (;;) {
      const command = this.#command();
      if (command.length === 0) throw this.#error(`missing value for ${context}`);
      commands.push(command);
      this.#skipSpace();
      if (this.#peek()?.text !== "|") break;
      this.#next();
    }
    return { variables, assigns, commands };
  }

  #declaration(): { variables: string[]; assigns: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#peek();
      if (token?.kind !== "variable") break;
      variables.push(token.text);
      this.#next();
      this.#skipSpace();
      const mark = this.#peek()?.text;
      if (mark === ",") {
        this.#next();
        continue;
      }
      if (mark === ":=" || mark === "=") {
        this.#next();
        return { variables, assigns: mark === "=" };
      }
      break;
    }
    this.#at = start;
    return { variables: [], assigns: false };
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    let end = 0;
    for (;;) {
      this.#skipSpace();
      const token = this.#peek();
      if (!token || token.kind === "close" || token.text === "|" || token.text === ")") break;
      operands.push(this.#operand(token));
      const last = this.#tokens[this.#at - 1]!;
      end = last.at + last.text.length;
    }
    const [head] = operands;
    if (head?.kind === "function") head.text = this.#source.slice(head.at, end);
    return operands;
  }

  #operand(token: Token): Operand {
    this.#next();
    const at = token.at;
    switch (token.kind) {
      case "dot":
        return { kind: "dot", at };
      case "field": {
        const place = this.#chainPlace(at);
        const path = [token.text.slice(1), ...this.#fields()];
        return { kind: "field", path, at: place, text: `.${path.join(".")}` };
      }
      case "variable": {
        const place = this.#chainPlace(at);
        const path = this.#fields();
        return { kind: "variable", name: token.text, path, at: place, text: [token.text, ...path].join(".") };
      }
      case "string":
        return { kind: "literal", value: unquote(token.text), at };
      case "char":
        return { kind: "literal", value: token.text.codePointAt(1) ?? 0, at };
      case "number":
        return { kind: "literal", value: Number(token.text), at };
      case "word":
        return this.#word(token.text, at);
      default:
        if (token.text === "(") return this.#group(at);
        throw this.#error(`unexpected ${JSON.stringify(token.text)} in operand`);
    }
  }

  /** Go places a chain of fields where its second one stands. */
  #chainPlace(first: number): number {
    const next = this.#peek();
    return next?.kind === "field" ? next.at : first;
  }

  #word(text: string, at: number): Operand {
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true", at };
    if (text === "nil") return { kind: "literal", value: null, at };
    if (!isFunction(text)) throw this.#error(`function ${JSON.stringify(text)} not defined`);
    return { kind: "function", name: text, at, text };
  }

  #group(at: number): Operand {
    const pipe = this.#pipe("parenthesized pipeline");
    if (this.#peek()?.text !== ")") throw this.#error("unclosed left paren");
    this.#next();
    return { kind: "group", pipe, path: this.#fields(), at };
  }

  #fields(): string[] {
    const path: string[] = [];
    while (this.#peek()?.kind === "field") path.push(this.#next()!.text.slice(1));
    return path;
  }

  #close(context: string): void {
    this.#skipSpace();
    const token = this.#next();
    if (token?.kind !== "close")
      throw this.#error(`unexpected ${JSON.stringify(token?.text ?? "EOF")} in ${context}`);
  }

  #skipSpace(): void {
    while (this.#peek()?.kind === "space") this.#at++;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #error(message: string): TemplateError {
    const at = this.#tokens[Math.min(this.#at, this.#tokens.length) - 1]?.at ?? 0;
    return new TemplateError(`template: :${this.#source.slice(0, at).split("\n").length}: ${message}`);
  }
}

function unquote(text: string): string {
  if (text.startsWith("`")) return text.slice(1, -1);
  const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };
  return text
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gi,
      (_, hex?: string, unicode?: string, letter?: string) =>
        hex || unicode
          ? String.fromCodePoint(Number.parseInt((hex ?? unicode)!, 16))
          : (escapes[letter!] ?? letter!),
    );
}
