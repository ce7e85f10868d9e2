/** Text between quotes in a filter: "…", and /…/ or |…|, in which a pattern has fewer marks to escape. */

export const isQuote = (character: string): boolean => ['"', "/", "|"].includes(character);

/** Escapes of one letter, as Go has them. */
const SIMPLE: Record<string, string> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\" },
};
/** How many hexadecimal digits follow. */
const HEXADECIMAL: Record<string, number> = { x: 2, u: 4, U: 8 };

interface End {
  /** Past the closing quote, or where it went wrong. */
  end: number;
  why?: string;
}

/** Where a quoted text that begins at `start` ends. */
export function quotedEnd(text: readonly string[], start: number): End {
  const quote = text[start]!;
  let why: string | undefined;
  let at = start + 1;
  while (text[at] !== quote) {
    const character = text[at];
    if (character === undefined || character === "\n")
      return { end: Math.min(at + 1, text.length), why: why ?? "quoted literal not terminated" };
    if (character !== "\\") {
      at++;
      continue;
    }
    const length = escapeLength(text, at, quote);
    if (typeof length === "string") why ??= length;
    at += typeof length === "string" ? 2 : length;
  }
  return why === undefined ? { end: at + 1 } : { end: at + 1, why };
}

/** How many characters the escape at `at` has, or what is wrong with it. */
function escapeLength(text: readonly string[], at: number, quote: string): number | string {
  const letter = text[at + 1] ?? "";
  if (letter === quote || letter in SIMPLE) return 2;
  const digits = /[0-7]/.test(letter) ? 3 : HEXADECIMAL[letter];
  if (digits === undefined) return "illegal escape sequence";
  const first = digits === 3 ? at + 1 : at + 2;
  const all = text.slice(first, first + digits).join("");
  const good = digits === 3 ? /^[0-7]{3}$/ : new RegExp(`^[0-9A-Fa-f]{${digits}}$`);
  return good.test(all) ? first - at + digits : "illegal numeric escape sequence";
}

/** What a well-formed quoted text means; undefined for a character that there is not. */
export function unquote(quoted: string): string | undefined {
  const escapes = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(.))/gsu;
  let good = true;
  const text = quoted
    .slice(1, -1)
    .replaceAll(escapes, (_, x?: string, u?: string, U?: string, octal?: string, letter?: string) => {
      if (letter !== undefined) return SIMPLE[letter] ?? letter;
      const code = octal === undefined ? Number.parseInt(x ?? u ?? U!, 16) : Number.parseInt(octal, 8);
      good &&= code <= (octal === undefined ? 0x10ffff : 0xff);
      return good ? String.fromCodePoint(code) : "";
    });
  return good ? text : undefined;
}
