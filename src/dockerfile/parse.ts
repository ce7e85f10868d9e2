import { invalidArgument, messageOf } from "../errors/errors.ts";
import { readChecks } from "./checks.ts";
import { DockerfileError } from "./errors.ts";
import { readFlags } from "./flags.ts";
import { readInstruction } from "./instructions.ts";
import { type LogicalLine, readLines } from "./lines.ts";
import { lint } from "./lint.ts";
import { type Statement, statementOf, words } from "./statement.ts";
import { didYouMean } from "./suggest.ts";
import type { Dockerfile, Instruction, Stage } from "./types.ts";

/** Reads a Dockerfile. `check` goes before its own directive of that name. Errors: DockerfileError with the line to blame. */
export function parseDockerfile(source: string, check?: string): Dockerfile {
  const read = readLines(source);
  if (read.lines.length === 0) throw new DockerfileError(1, "file with no instructions");
  const dockerfile: Dockerfile = {
    metaArgs: [],
    stages: [],
    escape: read.escape,
    directives: read.directives,
    warnings: [],
    checks: onLine(read.lines[0]!, () => readChecks(check ?? read.directives["check"] ?? "")),
    source,
  };
  for (const line of read.lines) onLine(line, () => add(dockerfile, statementOf(line, read.escape)));
  if (dockerfile.stages.length === 0)
    throw new DockerfileError(read.lines.at(-1)!.first, "no build stage: the file has no FROM");
  dockerfile.warnings = lint(dockerfile, read);
  return dockerfile;
}

/**
 * Reads instructions without a FROM: changes of commit and import. `check` is told each keyword, in capitals, before any
 * is read. Errors: invalidArgument, without a line, as stock's; those of `check`.
 */
export function parseInstructions(
  source: string,
  check: (keyword: string) => void,
): { instructions: Instruction[]; escape: string } {
  const { lines, escape: escapeChar } = readLines(source);
  if (lines.length === 0) throw invalidArgument("file with no instructions");
  const statements = lines.map((line) => statementOf(line, escapeChar));
  for (const { keyword } of statements) check(keyword);
  try {
    return { instructions: statements.map(readInstruction), escape: escapeChar };
  } catch (error) {
    throw invalidArgument(messageOf(error), { cause: error });
  }
}

/** Reads one instruction that is not FROM: a trigger of ONBUILD. Errors: DockerfileError. */
export function parseInstruction(text: string): Instruction {
  const read = readLines(text);
  const { lines } = read;
  if (lines.length !== 1) throw new DockerfileError(1, "onbuild trigger should be a single expression");
  return onLine(lines[0]!, () => readInstruction(statementOf(lines[0]!, read.escape)));
}

function onLine<T>(line: LogicalLine, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DockerfileError) throw error;
    throw new DockerfileError(line.first, messageOf(error), error);
  }
}

function add(dockerfile: Dockerfile, statement: Statement): void {
  if (statement.keyword === "FROM") {
    dockerfile.stages.push(readFrom(statement));
    return;
  }
  const instruction = readInstruction(statement);
  const stage = dockerfile.stages.at(-1);
  if (stage) stage.instructions.push(instruction);
  else if (instruction.kind === "ARG") dockerfile.metaArgs.push(instruction);
  else throw new Error("no build stage in current context: only ARG may come before the first FROM");
}

const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/;

function readFrom(statement: Statement): Stage {
  const { line, flags, rest } = statement;
  const { platform } = readFlags(flags, { platform: "string" });
  const args = words(rest);
  if (args.length !== 1 && args.length !== 3) throw new Error("FROM requires either one or three arguments");
  if (args.length === 3 && args[1]!.toLowerCase() !== "as")
    throw new Error(`FROM requires either one or three arguments${didYouMean(args[1]!, ["AS"])}`);
  const name = (args[2] ?? "").toLowerCase();
  if (args.length === 3 && !STAGE_NAME.test(name)) {
    const shown = JSON.stringify(args[2]);
    throw new Error(
      `invalid name for build stage: ${shown}, name can't start with a number or contain symbols`,
    );
  }
  const { text, first, last } = line;
  return { name, base: args[0]!, platform: platform ?? "", instructions: [], text, first, last };
}
