/** Warnings of today's linter: what works, but is not meant so. */
import type { LogicalLines } from "./lines.ts";
import { lintBases, lintStages } from "./lint-from.ts";
import type { Dockerfile, Instruction, Report, Stage, Warning } from "./types.ts";

const SECRET = /(?:^|_)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)/i;
const PUBLIC = /(?:^|_)public(?:_|$)/i;

/** What to say of a file that has been read without errors, by line. */
export function lint(dockerfile: Dockerfile, lines: LogicalLines): Warning[] {
  const warnings: Warning[] = [];
  const report: Report = (line, rule, message) => {
    if (dockerfile.checks.wants(rule)) warnings.push({ line, rule, message });
  };
  for (const line of lines.emptyContinuations)
    report(line.first, "NoEmptyContinuation", "Empty continuation line");
  lintCasing(lines, report);
  lintStages(dockerfile, report);
  lintBases(dockerfile, report);
  lintDescriptions(dockerfile, lines, report);
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

/** A comment right above a stage or an argument describes it, and so begins with its name. */
function lintDescriptions({ stages, metaArgs }: Dockerfile, { lines }: LogicalLines, report: Report): void {
  const comments = new Map(lines.map(({ first, comment }) => [first, comment]));
  const check = (kind: string, first: number, names: string[]): void => {
    const comment = comments.get(first);
    if (comment === undefined || names.length === 0 || names.includes(comment.split(" ")[0]!)) return;
    const example = names.length > 1 ? "<arg_key>" : names[0]!;
    const message = `Comment for ${kind} should follow the format: \`# ${example} <description>\`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.`;
    report(first, "InvalidDefinitionDescription", message);
  };
  for (const { name, first } of stages) check("FROM", first, name === "" ? [] : [name]);
  for (const one of [...metaArgs, ...stages.flatMap(({ instructions }) => instructions)])
    if (one.kind === "ARG")
      check(
        "ARG",
        one.first,
        one.args.map(({ key }) => key),
      );
}

function lintStage(stage: Stage, report: Report): void {
  const single = new Map<string, Instruction>();
  let absolute = false;
  let shell = false;
  for (const one of stage.instructions) {
    lintInstruction(one, shell, report);
    shell ||= one.kind === "SHELL";
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

/** `shell`: a SHELL before it says that a shell is meant. */
function lintInstruction(one: Instruction, shell: boolean, report: Report): void {
  const { first } = one;
  if (one.kind === "MAINTAINER") {
    const message = "Maintainer instruction is deprecated in favor of using label";
    report(first, "MaintainerDeprecated", message);
  }
  if ((one.kind === "CMD" || one.kind === "ENTRYPOINT") && one.command.shell && !shell) {
    const message = `JSON arguments recommended for ${one.kind} to prevent unintended behavior related to OS signals`;
    report(first, "JSONArgsRecommended", message);
  }
  if (one.kind === "ENV" || one.kind === "LABEL") {
    const message = `"${one.kind} key=value" should be used instead of legacy "${one.kind} key value" format`;
    if (one.pairs.some(({ legacy }) => legacy)) report(first, "LegacyKeyValueFormat", message);
  }
  if (one.kind === "EXPOSE") lintPorts(one.ports, first, report);
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

function lintPorts(ports: readonly string[], line: number, report: Report): void {
  for (const port of ports) {
    const [address = "", protocol = ""] = port.split("/");
    if (protocol !== protocol.toLowerCase() && !protocol.includes("$")) {
      const message = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
      report(line, "ExposeProtoCasing", message);
    }
    if (address.replace(/\$\{[^}]*\}/g, "").includes(":")) {
      const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
      report(line, "ExposeInvalidFormat", message);
    }
  }
}
