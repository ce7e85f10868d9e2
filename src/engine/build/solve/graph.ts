/** Which stages a build needs, and what each waits for. */
import { expandWord } from "../../../dockerfile/expand.ts";
import { parseInstruction } from "../../../dockerfile/parse.ts";
import { didYouMean } from "../../../dockerfile/suggest.ts";
import type { Dockerfile, Instruction, Stage } from "../../../dockerfile/types.ts";
import { invalidArgument } from "../../../errors/errors.ts";

export interface GraphNode {
  /** Position in the file, from 0. */
  index: number;
  stage: Stage;
  /** Expanded. */
  base: string;
  platform: string;
  /** Of the base, if that is a stage. */
  baseStage: number | undefined;
  /** Positions of the stages it takes from; all before it. */
  needs: number[];
}

/** The stages that `target` (or else the last one) needs, in the file's order; the target is the last of them. */
export function buildGraph(
  dockerfile: Dockerfile,
  target: string,
  meta: ReadonlyMap<string, string>,
): GraphNode[] {
  const { stages } = dockerfile;
  checkNames(stages);
  const last = targetOf(stages, target);
  const nodes = stages.slice(0, last + 1).map((stage, index) => nodeOf(dockerfile, stage, index, meta));
  const needed = new Set<number>();
  const visit = (index: number): void => {
    if (needed.has(index)) return;
    needed.add(index);
    nodes[index]!.needs.forEach(visit);
  };
  visit(last);
  return nodes.filter(({ index }) => needed.has(index));
}

function checkNames(stages: Stage[]): void {
  const names = stages.map(({ name }) => name).filter((name) => name !== "");
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidArgument(`${twice} stage name already used`);
}

function targetOf(stages: Stage[], target: string): number {
  if (target === "") return stages.length - 1;
  const byName = stages.findIndex(({ name }) => name === target.toLowerCase());
  const found =
    byName < 0 && /^\d+$/.test(target) && Number(target) < stages.length ? Number(target) : byName;
  if (found >= 0) return found;
  const names = stages.map(({ name }) => name).filter((name) => name !== "");
  throw invalidArgument(`failed to reach build target ${target} in Dockerfile${didYouMean(target, names)}`);
}

function nodeOf(
  dockerfile: Dockerfile,
  stage: Stage,
  index: number,
  meta: ReadonlyMap<string, string>,
): GraphNode {
  const expand = (text: string) =>
    expandWord(text, { lookup: (name) => meta.get(name), escape: dockerfile.escape });
  const base = expand(stage.base);
  if (base === "") throw invalidArgument(`base name (${stage.base}) should not be blank`);
  const baseStage = indexOfName(dockerfile.stages, base, index);
  const needs = [
    baseStage,
    ...stage.instructions
      .flatMap((one) => sourcesOf(one))
      .map((from) => stageOf(dockerfile.stages, from, index)),
  ];
  return {
    index,
    stage,
    base,
    platform: expand(stage.platform),
    baseStage,
    needs: [...new Set(needs.filter((one): one is number => one !== undefined))],
  };
}

function sourcesOf(one: Instruction): string[] {
  if (one.kind === "COPY") return one.from === undefined ? [] : [one.from];
  if (one.kind === "RUN") return one.mounts.flatMap(({ from }) => from ?? []);
  if (one.kind === "ONBUILD" && /^(?:COPY|RUN)\s/i.test(one.expression))
    return sourcesOf(parseInstruction(one.expression));
  return [];
}

/** FROM takes names, COPY --from numbers as well. */
function indexOfName(stages: Stage[], name: string, before: number): number | undefined {
  const found = stages
    .slice(0, before)
    .findIndex((stage) => stage.name !== "" && stage.name === name.toLowerCase());
  return found < 0 ? undefined : found;
}

/** The stage that --from names; undefined for an image. Errors: invalidArgument for the stage itself and later ones. */
export function stageOf(stages: Stage[], from: string, current: number): number | undefined {
  if (!/^\d+$/.test(from)) return indexOfName(stages, from, current);
  const index = Number(from);
  if (index < current) return index;
  if (index === current)
    throw invalidArgument(`invalid from flag value ${from}: refers to current build stage`);
  throw invalidArgument(
    `invalid from flag value ${from}: index ${from} is not an earlier stage (this one is ${current})`,
  );
}
