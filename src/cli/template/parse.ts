import { isFunction } from "./functions.ts";
import { lex, type Token } from "./lex.ts";
import { type Node, type Operand, type Parsed, type Pipe, TemplateError } from "./nodes.ts";

/** Parses a template. Errors: TemplateError, in Go's words. */
export function parseTemplate(source: string): Parsed {
  const parser = new Parser(source, lex(source));
  const { nodes } = parser.list(true);
  return { nodes, defined: parser.defined };
}

type Ending = "end" | "else" | "eof";

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  /** Templates by name. */
  readonly defined = new Map<string, Node[]>();
  #at = 0;
  /** How many {{range}} are open. */
  #loops = 0;

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
      if (top && word === "define") this.#define();
      else nodes.push(this.#action(word));
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
      this.#close(`{{${word}}}`);
      if (this.#loops === 0) throw this.#error(`{{${word}}} outside {{range}}`);
      return { kind: word };
    }
    if (word === "template" || word === "block") {
      this.#next();
      return this.#invocation(word);
    }
    if (word === "define") throw this.#error("unexpected <define> in command");
    const pipe = this.#pipe("command");
    this.#close("command");
    return { kind: "action", pipe };
  }

  #define(): void {
    this.#next();
    const name = this.#name("define clause");
    this.#close("define clause");
    this.#keep(name, "define clause");
  }

  /** The rest of a definition, up to its {{end}}. An empty one gives way to another of its name. */
  #keep(name: string, context: string): void {
    const loops = this.#loops;
    this.#loops = 0;
    const { nodes, ending } = this.list(false);
    this.#loops = loops;
    if (ending !== "end") throw this.#error(`unexpected {{else}} in ${context}`);
    if (isEmpty(nodes) && this.defined.has(name)) return;
    if (!isEmpty(this.defined.get(name) ?? []))
      throw this.#error(`template: multiple definition of template ${JSON.stringify(name)}`);
    this.defined.set(name, nodes);
  }

  /** {{template "name" pipeline}}; {{block}} also defines what it names. */
  #invocation(kind: "template" | "block"): Node {
    const context = `${kind} clause`;
    const name = this.#name(context);
    const { at } = this.#tokens[this.#at - 1]!;
    this.#skipSpace();
    const bare = kind === "template" && this.#peek()?.kind === "close";
    const start = this.#peek()?.at ?? 0;
    const pipe = bare ? undefined : this.#pipe(context);
    const value = bare ? "" : ` ${this.#source.slice(start, this.#peek()?.at ?? start).trim()}`;
    this.#close(context);
    if (kind === "block") this.#keep(name, "block clause");
    const text = `{{template ${JSON.stringify(name)}${value}}}`;
    return { kind: "template", name, at, text, ...(pipe ? { pipe } : {}) };
  }

  #name(context: string): string {
    this.#skipSpace();
    const token = this.#next();
    if (token?.kind !== "string")
      throw this.#error(`unexpected ${JSON.stringify(token?.text ?? "EOF")} in ${context}`);
    return unquote(token.text);
  }

  #control(kind: "if" | "with" | "range"): Node {
    const pipe = this.#pipe(kind);
    this.#close(kind);
    if (kind === "range") this.#loops++;
    const body = this.list(false);
    if (kind === "range") this.#loops--;
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
    if (token?.kind !== "close") throw this.#error(`unexpected ${shown(token)} in ${context}`);
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

/** Nothing but space: such a definition defines nothing. */
const isEmpty = (nodes: readonly Node[]) =>
  nodes.every((node) => node.kind === "text" && node.text.trim() === "");

/** As Go's lexer shows it. */
const shown = (token: Token | undefined) =>
  token?.kind === "dot" ? "<.>" : JSON.stringify(token?.text ?? "EOF");

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
