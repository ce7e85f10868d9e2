/** Warnings of today's linter: what works, but is not meant so. */
import type { LogicalLines } from "./lines.ts";
import type { Dockerfile, Instruction, Stage, Warning } from "./types.ts";

type Report = (line: number, rule: string, message: string) => void;

const RESERVED = ["scratch", "context"];
const SECRET = /(?:^|_)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const PUBLIC = /(?:^|_)public(?:_|$)/i;

/** What to say of a file that has been read without errors, by line. */
export function lint(dockerfile: Dockerfile, lines: LogicalLines): Warning[] {
  if (dockerfile.directives["check"]?.match(/skip=all/i)) return [];
  const skipped = /skip=([^;]*)/i.exec(dockerfile.directives["check"] ?? "")?.[1]?.split(",") ?? [];
  const warnings: Warning[] = [];
  const report: Report = (line, rule, message) => {
    if (!skipped.includes(rule)) warnings.push({ line, rule, message });
  };
  for (const line of lines.emptyContinuations)
    report(line.first, "NoEmptyContinuation", "Empty continuation line");
  lintCasing(lines, report);
  lintStages(dockerfile.stages, report);
  for (const stage of dockerfile.stages) lintStage(stage, report);
  return warnings.sort((a, b) => a.line - b.line);
}

function lintCasing({ lines }: LogicalLines, report: Report): void {
  const keywords = lines.map(({ text, first }) => ({ word: /^\S+/.exec(text)![0], first }));
  const upper = keywords.filter(({ word }) => word === word.toUpperCase()).length;
  const want = upper * 2 >= keywords.length ? "uppercase" : "lowercase";
  for (const { word, first } of keywords) {
    const right = want === "uppercase" ? word.toUpperCase() : word.toLowerCase();
    if (word === right) continue;
    const message = `Command '${word}' should match the case of the command majority (${want})`;
    report(first, "ConsistentInstructionCasing", message);
  }
}

function lintStages(stages: Stage[], report: Report): void {
  const seen = new Set<string>();
  for (const { name, text, first } of stages) {
    const [keyword = "", , as, written = ""] = text.split(/\s+/).filter((word) => !word.startsWith("--"));
    if (name === "") continue;
    if (written !== name) report(first, "StageNameCasing", `Stage name '${written}' should be lowercase`);
    if (as && (as === as.toUpperCase()) !== (keyword === keyword.toUpperCase()))
      report(first, "FromAsCasing", `'${as}' and '${keyword}' keywords' casing do not match`);
    if (RESERVED.includes(name))
      report(
        first,
        "ReservedStageName",
        `Stage name should not use the same name as reserved stage "${name}"`,
      );
    if (seen.has(name))
      report(first, "DuplicateStageName", `Duplicate stage name "${name}", stage names should be unique`);
    seen.add(name);
  }
}

function lintStage(stage: Stage, report: Report): void {
  const single = new Map<string, Instruction>();
  let absolute = false;
  for (const one of stage.instructions) {
    lintInstruction(one, report);
    if (one.kind === "WORKDIR") {
      if (!absolute && !/^[/$]/.test(one.value)) {
        const message = `Relative workdir "${one.value}" can have unexpected results if the base image changes`;
        report(one.first, "WorkdirRelativePath", message);
      }
      absolute = true;
    }
    if (one.kind !== "CMD" && one.kind !== "ENTRYPOINT" && one.kind !== "HEALTHCHECK") continue;
    const before = single.get(one.kind);
    if (before) {
      const message = `Multiple ${one.kind} instructions should not be used in the same stage because only the last one will be used`;
      report(before.first, "MultipleInstructionsDisallowed", message);
    }
    single.set(one.kind, one);
  }
}

function lintInstruction(one: Instruction, report: Report): void {
  const { first } = one;
  if (one.kind === "MAINTAINER") {
    const message = "Maintainer instruction is deprecated in favor of using label";
    report(first, "MaintainerDeprecated", message);
  }
  if ((one.kind === "CMD" || one.kind === "ENTRYPOINT") && one.command.shell) {
    const message = `JSON arguments recommended for ${one.kind} to prevent unintended behavior related to OS signals`;
    report(first, "JSONArgsRecommended", message);
  }
  if (one.kind === "ENV" || one.kind === "LABEL") {
    const message = `"${one.kind} key=value" should be used instead of legacy "${one.kind} key value" format`;
    if (one.pairs.some(({ legacy }) => legacy)) report(first, "LegacyKeyValueFormat", message);
  }
  const names =
    one.kind === "ENV"
      ? one.pairs.map(({ key }) => key)
      : one.kind === "ARG"
        ? one.args.map(({ key }) => key)
        : [];
  for (const name of names) {
    if (!SECRET.test(name) || PUBLIC.test(name)) continue;
    const message = `Do not use ARG or ENV instructions for sensitive data (${one.kind} "${name}")`;
    report(first, "SecretsUsedInArgOrEnv", message);
  }
}
