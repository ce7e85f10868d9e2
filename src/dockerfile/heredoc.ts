import { parseJsonList, splitWords, takeFlags } from "./words.ts";

/** <<NAME in an instruction, and the lines up to NAME. */
export interface Heredoc {
  name: string;
  /** Variables in it are expanded: the name was not quoted. */
  expand: boolean;
  /** <<-: leading tabs are taken off. */
  chomp: boolean;
  /** "3" of 3<<NAME, or "". */
  descriptor: string;
  content: string;
}

const MARK = /^(\d*)<<(-?)(.+)$/;
const TAKING = /^(?:onbuild\s+)?(?:run|copy|add)\s/i;

/** The here-documents that an instruction announces. */
export function heredocsIn(text: string, escapeChar: string): Omit<Heredoc, "content">[] {
  if (!TAKING.test(text) || !text.includes("<<")) return [];
  const rest = text.replace(/^(?:onbuild\s+)?\S+\s/i, "");
  const { rest: words } = takeFlags(rest);
  if (parseJsonList(words) !== "no list") return [];
  return splitWords(words, escapeChar).flatMap((word) => heredocMark(word) ?? []);
}

/** Reads "<<EOF", "<<-'EOF'", "3<<EOF". */
export function heredocMark(word: string): Omit<Heredoc, "content"> | undefined {
  const match = MARK.exec(word);
  const quoted = match?.[3];
  if (!match || quoted === undefined || quoted.startsWith("<")) return undefined;
  const name = quoted.replace(/['"\\]/g, "");
  if (name === "" || !/^[\w.-]+$/.test(name)) return undefined;
  return { name, expand: name === quoted, chomp: match[2] === "-", descriptor: match[1]! };
}

/** The content as a shell would take it. */
export const contentOf = ({ chomp, content }: Heredoc): string =>
  chomp ? content.replace(/^\t+/gm, "") : content;
