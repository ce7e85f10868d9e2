/** `docker build --check`: what would be warned of, with nothing built and nothing pulled. */
import type { Instruction } from "../../../dockerfile/types.ts";
import { isNotFound } from "../../../errors/errors.ts";
import type { Image } from "../../../images/types.ts";
import { targetPlatform } from "../platform.ts";
import { StageState } from "../stage/state.ts";
import { expander, type StepContext } from "../steps/context.ts";
import { expandCopy } from "../steps/copy.ts";
import { changeConfig } from "../steps/settings.ts";
import type { BuildEnv, BuildOutput } from "../types.ts";
import type { GraphNode } from "./graph.ts";
import type { Solver } from "./solver.ts";
import { contextOf } from "./stage.ts";

const SILENT: BuildOutput = { text() {}, event() {}, image() {}, warning() {}, progress() {} };

/** Goes through the stages for the variables that they use. Errors: invalidArgument, of instructions that make no sense. */
export function checkStages(solver: Solver, nodes: readonly GraphNode[]): void {
  const states = new Map<number, StageState | undefined>();
  for (const node of nodes) states.set(node.index, checkStage(solver, node, states));
}

/** undefined if the base image is not here: nobody knows what its environment is. */
function checkStage(
  solver: Solver,
  node: GraphNode,
  states: ReadonlyMap<number, StageState | undefined>,
): StageState | undefined {
  const below = node.baseStage === undefined ? undefined : states.get(node.baseStage);
  const known = below !== undefined || node.base === "scratch";
  const image = known || node.baseStage !== undefined ? undefined : local(solver.env, node.base);
  if (!known && !image) return undefined;
  const platform = targetPlatform(node.platform || solver.request.platform);
  const state = new StageState(image, solver.args.forStage(), platform);
  if (below) Object.assign(state.config, structuredClone(below.config));
  const context = contextOf(solver, node, state, SILENT);
  for (const instruction of node.stage.instructions) {
    context.line = instruction.first;
    expandAll(context, instruction);
  }
  return state;
}

function expandAll(context: StepContext, one: Instruction): void {
  if (one.kind === "RUN") return;
  if (one.kind === "COPY" || one.kind === "ADD") expandCopy(context, one);
  else if (one.kind === "WORKDIR") expander(context).word(one.value);
  else changeConfig(context, one);
}

function local({ images }: BuildEnv, name: string): Image | undefined {
  try {
    return images.resolve(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
