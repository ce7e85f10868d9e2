/** Builds one stage, step by step. */
import { DockerfileError } from "../../../dockerfile/errors.ts";
import { parseInstruction } from "../../../dockerfile/parse.ts";
import type { Instruction } from "../../../dockerfile/types.ts";
import { cancelled, EngineError, kindOf, messageOf } from "../../../errors/errors.ts";
import type { Image } from "../../../images/types.ts";
import { targetPlatform } from "../platform.ts";
import { openEmptyRoot, openImageRoot } from "../stage/roots.ts";
import { StageState } from "../stage/state.ts";
import type { StepContext } from "../steps/context.ts";
import { applyCopy } from "../steps/copy.ts";
import { applyRun } from "../steps/run.ts";
import { applySetting } from "../steps/settings.ts";
import { applyWorkdir } from "../steps/workdir.ts";
import { type BuildEvent, type BuildOutput, shortID } from "../types.ts";
import { baseImage } from "./base.ts";
import { type GraphNode, stageOf } from "./graph.ts";
import type { Solver } from "./solver.ts";

/** The number of the step that FROM is, and of all steps. */
export interface Numbering {
  first: number;
  total: number;
}

/** Resolves to the stage's state, whose image is undefined for a stage that made none. Errors: of its steps. */
export async function buildStage(
  solver: Solver,
  node: GraphNode,
  numbering: Numbering,
  words: BuildOutput,
): Promise<StageState> {
  const reporter = new Reporter(node, numbering, words);
  const out = reporter.withLogs();
  const base = await reporter.step(node.stage.text, () => baseOf(solver, node, out));
  const state = new StageState(
    base,
    solver.args.forStage(),
    targetPlatform(node.platform || solver.request.platform),
  );
  const names = [node.stage.name, String(node.index)];
  state.cacheMissed = solver.request.noCacheStages.some((name) => names.includes(name));
  const context = contextOf(solver, node, state, out);
  await runTriggers(context, state);
  out.text(` ---> ${shortID(state.imageID)}\n`);
  for (const instruction of node.stage.instructions) {
    if (solver.request.signal.aborted) throw cancelled("Build cancelled");
    context.line = instruction.first;
    await reporter.step(instruction.text, (note) => applyNoting(context, instruction, note));
    state.updateImage();
    out.text(` ---> ${shortID(state.imageID)}\n`);
  }
  if (state.image) out.image(state.imageID);
  return state;
}

async function applyNoting(
  context: StepContext,
  instruction: Instruction,
  cached: () => void,
): Promise<void> {
  const missed = context.state.cacheMissed;
  try {
    await applyInstruction(context, instruction);
  } catch (error) {
    throw located(error, instruction);
  }
  if (!missed && !context.state.cacheMissed && !context.request.noCache) cached();
}

/** Where in the file the step stands; its message stays as stock has it. */
function located(error: unknown, { first, last, text }: Instruction): Error {
  if (error instanceof EngineError && error.data?.["line"] !== undefined) return error;
  const data = error instanceof EngineError ? error.data : {};
  return new EngineError(kindOf(error), messageOf(error), {
    cause: error,
    data: { ...data, line: first, last, instruction: text },
  });
}

function applyInstruction(context: StepContext, one: Instruction): Promise<void> {
  switch (one.kind) {
    case "RUN":
      return applyRun(context, one);
    case "COPY":
    case "ADD":
      return applyCopy(context, one);
    case "WORKDIR":
      return applyWorkdir(context, one);
    default:
      return applySetting(context, one);
  }
}

async function baseOf(solver: Solver, node: GraphNode, out: BuildOutput): Promise<Image | undefined> {
  if (node.baseStage !== undefined) return (await solver.result(node.baseStage)).image;
  if (node.base === "scratch") return undefined;
  const { env, request } = solver;
  return baseImage(env, request, node.base, node.platform, out);
}

/** ONBUILD of the base image. */
async function runTriggers(context: StepContext, state: StageState): Promise<void> {
  const triggers = state.config.OnBuild ?? [];
  if (triggers.length === 0) return;
  state.config.OnBuild = null;
  context.out.text(`# Executing ${triggers.length} build trigger${triggers.length > 1 ? "s" : ""}\n`);
  for (const trigger of triggers) {
    state.updateImage();
    await applyInstruction(context, instructionOf(trigger));
  }
  state.updateImage();
}

function instructionOf(trigger: string): Instruction {
  try {
    return parseInstruction(trigger);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new EngineError("invalidArgument", `in the base image's ONBUILD ${trigger}: ${error.message}`, {
      cause: error,
    });
  }
}

/** What the steps of a stage work with. */
export function contextOf(solver: Solver, node: GraphNode, state: StageState, out: BuildOutput): StepContext {
  const { env, request, dockerfile } = solver;
  return {
    env,
    request,
    state,
    out,
    committer: { images: env.images, epoch: solver.epoch },
    escape: dockerfile.escape,
    source: solver.source,
    line: node.stage.first,
    warn: (rule, message, line) => solver.warn({ rule, message, line }),
    async openFrom(name) {
      const index = stageOf(dockerfile.stages, name, node.index);
      const image =
        index === undefined
          ? await baseImage(env, request, name, "", out)
          : (await solver.result(index)).image;
      return image ? openImageRoot(env.images, image) : openEmptyRoot(env.temporary);
    },
    openCurrent: async () => (state.image ? openImageRoot(env.images, state.image) : undefined),
  };
}

/** Numbers steps and tells of them. */
class Reporter {
  readonly #node: GraphNode;
  readonly #out: BuildOutput;
  readonly #total: number;
  #step: number;

  constructor(node: GraphNode, { first, total }: Numbering, out: BuildOutput) {
    this.#node = node;
    this.#out = out;
    this.#step = first - 1;
    this.#total = total;
  }

  async step<T>(text: string, work: (cached: () => void) => Promise<T>): Promise<T> {
    this.#step++;
    this.#out.text(`Step ${this.#step}/${this.#total} : ${text}\n`);
    this.#tell("started", text);
    let cached = false;
    try {
      const result = await work(() => {
        cached = true;
      });
      this.#tell(cached ? "cached" : "done", text);
      return result;
    } catch (error) {
      this.#tell("failed", text);
      throw error;
    }
  }

  /** The stage's output; what a command prints is told as an event of its step, too. */
  withLogs(): BuildOutput {
    const out = this.#out;
    return {
      text: (text, stream) => {
        out.text(text, stream);
        if (stream) this.#tell("log", text, stream);
      },
      event: (event) => out.event(event),
      warning: (warning) => out.warning(warning),
      image: (id) => out.image(id),
      progress: (message) => out.progress(message),
    };
  }

  #tell(status: BuildEvent["status"], text: string, stream?: "stdout" | "stderr"): void {
    const { index, stage } = this.#node;
    this.#out.event({
      stage: index,
      stageName: stage.name || String(index),
      step: this.#step,
      total: this.#total,
      status,
      text,
      ...(stream ? { stream } : {}),
      time: Date.now(),
    });
  }
}
