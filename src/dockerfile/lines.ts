/** From physical lines to logical ones: parser directives, comments, continuations, here-documents. */
import { DockerfileError } from "./errors.ts";
import { type Heredoc, heredocsIn } from "./heredoc.ts";

/** One instruction as it stands in the file. */
export interface LogicalLine {
  /** Without leading white space, continuations joined. */
  text: string;
  /** First and last physical line, from 1. */
  first: number;
  last: number;
  heredocs: Heredoc[];
  /** The comment right above it, which may describe it. */
  comment: string | undefined;
}

export interface LogicalLines {
  lines: LogicalLine[];
  /** "\" or "`". */
  escape: string;
  /** `# name=value` at the top: syntax, escape, check. */
  directives: Record<string, string>;
  /** First line of each instruction that has an empty line among its continuations. */
  emptyContinuations: LogicalLine[];
}

const DIRECTIVE = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$/;
const DIRECTIVES = ["syntax", "escape", "check"];

/** Errors: DockerfileError. */
export function readLines(source: string): LogicalLines {
  const physical = source.replace(/^\uFEFF/, "").split("\n");
  if (physical.at(-1) === "") physical.pop();
  const lines = physical.map((line) => line.replace(/\r+$/, ""));
  const directives = readDirectives(lines);
  const escapeChar = directives["escape"] ?? "\\";
  const joined = join(lines, escapeChar, Object.keys(directives).length);
  return { directives, escape: escapeChar, ...joined };
}

/** Directives stand before everything else, comments included. */
function readDirectives(lines: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [index, line] of lines.entries()) {
    if (index === 0 && line.startsWith("#!")) continue;
    const match = DIRECTIVE.exec(line.trimStart());
    const name = match?.[1]?.toLowerCase();
    if (!match || name === undefined || !DIRECTIVES.includes(name)) return found;
    if (name in found) throw new DockerfileError(index + 1, `only one ${name} parser directive can be used`);
    if (name === "escape" && match[2] !== "\\" && match[2] !== "`") {
      throw new DockerfileError(index + 1, `invalid escape token '${match[2]}' does not match \` or \\`);
    }
    if (name === "syntax") refuseOtherFrontend(match[2]!, index + 1);
    found[name] = match[2]!;
  }
  return found;
}

const DOCKERFILE_FRONTENDS = ["dockerfile", "dockerfile-upstream"];

/**
 * Dockerfiles are read here whatever version of docker/dockerfile they name, from whichever registry; files for
 * another frontend are no Dockerfiles. Errors: DockerfileError.
 */
export function refuseOtherFrontend(image: string, line: number): void {
  const name = image.split(/\s/)[0]!;
  const repository = name.replace(/@.*$/, "").replace(/:[^/]*$/, "");
  if (DOCKERFILE_FRONTENDS.includes(repository.slice(repository.lastIndexOf("/") + 1))) return;
  const shown = JSON.stringify(name);
  throw new DockerfileError(
    line,
    `frontend ${shown} is not supported: the engine reads Dockerfiles itself (docker/dockerfile) and runs no other frontend. Leave "syntax=" out if the file is a Dockerfile`,
  );
}

const isComment = (line: string): boolean => /^\s*#/.test(line);

/** What a comment line says; undefined for a line that is none, or says nothing. */
const commentIn = (line: string): string | undefined =>
  isComment(line) ? line.trim().slice(1).trim() || undefined : undefined;

function join(
  physical: string[],
  escapeChar: string,
  directives: number,
): Pick<LogicalLines, "lines" | "emptyContinuations"> {
  const lines: LogicalLine[] = [];
  const emptyContinuations: LogicalLine[] = [];
  let at = 0;
  while (at < physical.length) {
    const first = at + 1;
    const start = physical[at++]!;
    if (isComment(start) || start.trim() === "") continue;
    let { text, ends } = cutContinuation(start.trimStart(), escapeChar);
    let empty = false;
    while (!ends && at < physical.length) {
      const next = physical[at++]!;
      if (isComment(next)) continue;
      if (next.trim() === "") {
        empty = true;
        continue;
      }
      const cut = cutContinuation(next, escapeChar);
      text += cut.text;
      ends = cut.ends;
    }
    if (text.trim() === "") continue;
    const taken = takeHeredocs(text, escapeChar, physical, at, first);
    at = taken.next;
    const comment = first - 1 > directives ? commentIn(physical[first - 2]!) : undefined;
    const line = { text, first, last: at, heredocs: taken.heredocs, comment };
    lines.push(line);
    if (empty) emptyContinuations.push(line);
  }
  return { lines, emptyContinuations };
}

/** An escape before the end of the line, white space after it allowed, that is not escaped itself. */
function cutContinuation(line: string, escapeChar: string): { text: string; ends: boolean } {
  const trimmed = line.replace(/[ \t]+$/, "");
  const continues = trimmed.endsWith(escapeChar) && !trimmed.endsWith(escapeChar + escapeChar);
  return continues ? { text: trimmed.slice(0, -1), ends: false } : { text: line, ends: true };
}

function takeHeredocs(
  text: string,
  escapeChar: string,
  physical: string[],
  start: number,
  line: number,
): { heredocs: Heredoc[]; next: number } {
  let at = start;
  const heredocs: Heredoc[] = [];
  for (const mark of heredocsIn(text, escapeChar)) {
    const content: string[] = [];
    for (;;) {
      if (at >= physical.length)
        throw new DockerfileError(line, `unterminated heredoc: no line ${JSON.stringify(mark.name)} ends it`);
      const next = physical[at++]!;
      if ((mark.chomp ? next.replace(/^\t+/, "") : next) === mark.name) break;
      content.push(`${next}\n`);
    }
    heredocs.push({ ...mark, content: content.join("") });
  }
  return { heredocs, next: at };
}
