import type { TarHeader } from "../../../archive/tar/header.ts";
import { invalidArgument } from "../../../errors/errors.ts";

const WHO: Record<string, number> = { u: 0o700, g: 0o070, o: 0o007, a: 0o777 };
const BITS: Record<string, number> = { r: 0o444, w: 0o222, x: 0o111 };

/** --chmod: octal digits, or chmod(1)'s symbols such as u=rwX,go=rX. Errors: invalidArgument. */
export function modeChanger(text: string | undefined): (header: TarHeader) => number {
  if (text === undefined) return ({ mode }) => mode;
  if (/^[0-7]{1,4}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    return (header) => (header.type === "symlink" ? header.mode : mode);
  }
  const clauses = text.split(",").map((clause) => {
    const match = /^([ugoa]*)([=+-])([rwxXst]*)$/.exec(clause);
    if (!match)
      throw invalidArgument(
        `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
      );
    return { who: match[1] || "a", operator: match[2]!, what: match[3]! };
  });
  return (header) => {
    if (header.type === "symlink") return header.mode;
    return clauses.reduce(
      (mode, clause) => applyClause(mode, header.type === "directory", clause),
      header.mode,
    );
  };
}

function applyClause(
  mode: number,
  isFolder: boolean,
  { who, operator, what }: { who: string; operator: string; what: string },
): number {
  const mask = [...who].reduce((bits, one) => bits | WHO[one]!, 0);
  let bits = 0;
  for (const one of what) {
    if (one === "X") bits |= isFolder || mode & 0o111 ? 0o111 : 0;
    else if (one === "t") bits |= 0o1000;
    else if (one === "s")
      bits |=
        (who.includes("u") || who === "a" ? 0o4000 : 0) | (who.includes("g") || who === "a" ? 0o2000 : 0);
    else bits |= BITS[one]!;
  }
  const chosen = bits & (mask | 0o7000);
  if (operator === "+") return mode | chosen;
  return operator === "-" ? mode & ~chosen : (mode & ~mask) | chosen;
}
