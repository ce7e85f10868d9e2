import { EngineError } from "../errors/errors.ts";

/** A Dockerfile that cannot be built, and the line that is to blame. */
export class DockerfileError extends EngineError {
  /** First line of the instruction, from 1. */
  readonly line: number;

  constructor(line: number, message: string, cause?: unknown) {
    super("invalidArgument", `dockerfile parse error line ${line}: ${message}`, {
      data: { line },
      ...(cause === undefined ? {} : { cause }),
    });
    this.name = "DockerfileError";
    this.line = line;
  }
}

/** The lines around an error, the guilty ones marked, as `Dockerfile:3` and an excerpt. */
export function excerpt(text: string, file: string, line: number, last = line): string {
  const lines = text.split(/\r?\n/);
  const from = Math.max(1, line - 2);
  const to = Math.min(lines.length, last + 2);
  const shown: string[] = [];
  for (let at = from; at <= to; at++) {
    const mark = at >= line && at <= last ? ">>>" : "   ";
    shown.push(`${String(at).padStart(4)} | ${mark} ${lines[at - 1]}`.trimEnd());
  }
  return [`${file}:${line}`, "--------------------", ...shown, "--------------------"].join("\n");
}
