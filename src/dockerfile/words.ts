/** Splitting of an instruction's text into flags and words; quotes and escapes stay in the words, as expansion needs them. */

const SPACE = /\s/;

/** The `--flag=value` words at the beginning, unquoted, and what follows them. A bare `--` ends the flags. */
export function takeFlags(text: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && SPACE.test(text[at]!)) at++;
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    const { word, end } = flagAt(text, at);
    at = end;
    if (word === "--") return { flags, rest: text.slice(at) };
    if (word !== "") flags.push(word);
  }
}

function flagAt(text: string, start: number): { word: string; end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (char === "\\") {
      if (++at < text.length) word += text[at];
    } else if (quote !== "") {
      if (char === quote) quote = "";
      else word += char;
    } else if (char === "'" || char === '"') quote = char;
    else if (SPACE.test(char)) break;
    else word += char;
  }
  return { word, end: at };
}

/** Words as ENV and LABEL have them: `a="b c" d=e\ f` is two. */
export function splitWords(text: string, escapeChar: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text[at]!)) {
      at++;
      continue;
    }
    const { word, end, any } = wordAt(text, at, escapeChar);
    if (any) words.push(word);
    at = end;
  }
  return words;
}

function wordAt(
  text: string,
  start: number,
  escapeChar: string,
): { word: string; end: number; any: boolean } {
  let word = "";
  let quote = "";
  let quoted = false;
  let at = start;
  for (; at < text.length; at++) {
    const char = text[at]!;
    if (quote === "" && SPACE.test(char)) break;
    if (char === escapeChar && quote !== "'") {
      if (at + 1 === text.length) continue;
      word += char + text[++at]!;
      continue;
    }
    if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      quoted = true;
    } else if (char === quote) quote = "";
    word += char;
  }
  return { word, end: at, any: quoted || word.length > 0 };
}

/** Why text that begins with "[" is no JSON list of strings: it is none at all, or something in it is no string. */
export type JsonList = { list: string[] } | "no list" | "not strings";

/** Behind the bracket that closes the first one; strings may have brackets in them. */
function endOfList(text: string): number {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]]/gs)) {
    if (token === "[") depth++;
    else if (token === "]" && --depth === 0) return index + 1;
  }
  return text.length;
}

/** The exec form. */
export function parseJsonList(text: string): JsonList {
  if (!text.trimStart().startsWith("[")) return "no list";
  let value: unknown;
  try {
    // As stock, which reads the first value and does not look at what follows it.
    value = JSON.parse(text.slice(0, endOfList(text)));
  } catch {
    return "no list";
  }
  if (!Array.isArray(value)) return "no list";
  return value.every((item): item is string => typeof item === "string") ? { list: value } : "not strings";
}
