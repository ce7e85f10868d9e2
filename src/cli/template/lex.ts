import { TemplateError } from "./nodes.ts";

export type Token =
  | { kind: "text"; text: string; at: number }
  | { kind: "open" | "close"; text: string; at: number }
  | {
      kind: "field" | "variable" | "word" | "string" | "number" | "char" | "dot" | "space" | "mark";
      text: string;
      at: number;
    };

const TOKEN =
  /(?<space>\s+)|(?<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<char>'(?:[^'\\\n]|\\.)+')|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))|(?<field>\.[\p{L}_][\p{L}\p{N}_]*)|(?<variable>\$[\p{L}\p{N}_]*)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<dot>\.)|(?<mark>:=|[|(),=])/uy;

/** Cuts a template into text and the tokens of its actions. Errors: TemplateError. */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    if (open < 0) {
      tokens.push({ kind: "text", text: source.slice(at), at });
      break;
    }
    const trims = /^-\s/.test(source.slice(open + 2, open + 4));
    const text = source.slice(at, open);
    if (text !== "") tokens.push({ kind: "text", text: trims ? text.trimEnd() : text, at });
    at = lexAction(source, open + (trims ? 3 : 2), tokens);
  }
  return tokens;
}

function lexAction(source: string, start: number, tokens: Token[]): number {
  const comment = /^\s*\/\*[\s\S]*?\*\/(\s-)?\s*\}\}/.exec(source.slice(start));
  if (comment) return afterClose(source, start + comment[0].length, comment[1] !== undefined);
  tokens.push({ kind: "open", text: "{{", at: start });
  for (let at = start; at < source.length; ) {
    const close = /^(\s-)?\}\}/.exec(source.slice(at, at + 4));
    if (close) {
      tokens.push({ kind: "close", text: "}}", at });
      return afterClose(source, at + close[0].length, close[1] !== undefined);
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match?.groups) throw unexpected(source, at);
    const kind = Object.keys(match.groups).find((name) => match.groups![name] !== undefined);
    tokens.push({ kind: kind as "word", text: match[0], at });
    at = TOKEN.lastIndex;
  }
  throw new TemplateError(`template: :${lineOf(source, source.length)}: unclosed action`);
}

const lineOf = (source: string, at: number) => source.slice(0, at).split("\n").length;

function unexpected(source: string, at: number): TemplateError {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  const where = `template: :${lineOf(source, at)}`;
  if (character === '"') return new TemplateError(`${where}: unterminated quoted string`);
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return new TemplateError(`${where}: unexpected U+${code} '${character}' in operand`);
}

function afterClose(source: string, at: number, trims: boolean): number {
  if (!trims) return at;
  const rest = source.slice(at);
  return at + (rest.length - rest.trimStart().length);
}
