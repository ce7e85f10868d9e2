/** One challenge of a WWW-Authenticate header (RFC 7235 section 4.1); names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const NEXT = new RegExp(
  `^[\\s,]*(${TOKEN})(?:\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}[/=:]*))|(?=\\s|,|$))`,
);

/** Reads the challenges of a header; what is malformed after a good part is left out. */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = (header ?? "").slice(0, 8192);
  for (;;) {
    const match = NEXT.exec(rest);
    if (!match) return challenges;
    rest = rest.slice(match[0].length);
    const [, name = "", quoted, plain] = match;
    const last = challenges.at(-1);
    if (quoted === undefined && plain === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    } else if (last) {
      last.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    }
  }
}
