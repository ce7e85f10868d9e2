/** Builds the stages of a Dockerfile that are needed: each as soon as those it takes from are there. */
import { expandWord } from "../../../dockerfile/expand.ts";
import type { Dockerfile, Instruction, Warning } from "../../../dockerfile/types.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import type { Platform } from "../../../images/registry/descriptor.ts";
import { formatPlatform } from "../../../images/registry/platform.ts";
import { targetPlatform } from "../platform.ts";
import { BuildArgs } from "../stage/args.ts";
import type { StageState } from "../stage/state.ts";
import type { SourceTree } from "../tree/tree.ts";
import type { BuildEnv, BuildOutput, BuildRequest } from "../types.ts";
import { checkStages } from "./check.ts";
import { buildGraph, type GraphNode } from "./graph.ts";
import { OrderedOutputs } from "./ordered-output.ts";
import { buildStage } from "./stage.ts";

export interface SolverParts {
  env: BuildEnv;
  request: BuildRequest;
  dockerfile: Dockerfile;
  /** Path of the Dockerfile, for warnings. */
  file: string;
  source: SourceTree;
  out: BuildOutput;
}

export class Solver {
  readonly env: BuildEnv;
  readonly request: BuildRequest;
  readonly dockerfile: Dockerfile;
  readonly source: SourceTree;
  readonly args: BuildArgs;
  /** SOURCE_DATE_EPOCH, if it was given. */
  readonly epoch: number | undefined;
  readonly #out: BuildOutput;
  readonly #stop = new AbortController();
  readonly #results = new Map<number, Promise<StageState>>();
  readonly #outputs: OrderedOutputs;
  /** Steps that have a number. */
  #count = 0;

  readonly #file: string;
  readonly #warned = new Map<string, Warning>();

  constructor({ env, request, dockerfile, file, source, out }: SolverParts) {
    this.#file = file;
    this.env = env;
    this.request = { ...request, signal: AbortSignal.any([request.signal, this.#stop.signal]) };
    this.dockerfile = dockerfile;
    this.source = source;
    this.#out = out;
    this.#outputs = new OrderedOutputs(out);
    const known = platformArgs(targetPlatform(request.platform));
    this.args = new BuildArgs(
      givenArgs(request.buildArgs),
      known.set("TARGETSTAGE", request.target || "default"),
    );
    this.epoch = epochOf(request.buildArgs["SOURCE_DATE_EPOCH"]);
  }

  /** Tells of what a check has found, once. */
  warn(warning: Warning): void {
    const key = `${warning.line} ${warning.message}`;
    if (!this.dockerfile.checks.wants(warning.rule) || this.#warned.has(key)) return;
    this.#warned.set(key, warning);
    this.#out.warning({ ...warning, file: this.#file });
  }

  /** What has been warned of so far, while the build went on. */
  get warnings(): readonly Warning[] {
    return [...this.#warned.values()];
  }

  /** The state of a stage, once it is built. Triggers of a base image may take from one that nothing in the file needs. */
  result(index: number): Promise<StageState> {
    if (!this.#results.has(index))
      this.#begin(buildGraph(this.dockerfile, String(index), this.args.meta()), { late: true });
    return this.#results.get(index)!;
  }

  /** Warns of variables that nothing defines, without building anything. Errors: invalidArgument. */
  check(): void {
    checkStages(this, this.#graph(this.dockerfile.metaArgs, this.dockerfile.escape));
  }

  /** Resolves to the state of the target stage. Errors: of the first step that failed; the others are stopped then. */
  async run(): Promise<StageState> {
    const { metaArgs, escape: escapeChar } = this.dockerfile;
    const nodes = this.#withLabels(this.#graph(metaArgs, escapeChar));
    this.#count += metaArgs.length;
    const total = this.#count + stepsOf(nodes);
    for (const [i, { text }] of metaArgs.entries()) this.#out.text(`Step ${i + 1}/${total} : ${text}\n`);
    this.#begin(nodes);
    const state = await firstFailure([...this.#results.values()]).finally(() =>
      Promise.allSettled([...this.#results.values()]),
    );
    const unused = this.args.unused(Object.keys(this.request.buildArgs));
    if (unused.length > 0)
      this.#out.text(`[Warning] One or more build-args [${unused.join(" ")}] were not consumed\n`);
    return state;
  }

  /** Builds stages that are not under way yet, each as soon as it can be; the image of a late one is not the last told of. */
  #begin(nodes: readonly GraphNode[], { late = false } = {}): void {
    const begun = nodes.filter(({ index }) => !this.#results.has(index));
    const total = this.#count + stepsOf(begun);
    for (const node of begun) {
      const numbering = { first: this.#count + 1, total };
      this.#count += stepsOf([node]);
      const { out: words, end } = this.#outputs.open();
      const out = late ? { ...words, image() {} } : words;
      const building = this.#afterNeeds(node).then(() => buildStage(this, node, numbering, out));
      building.then(end, () => {
        end();
        this.#stop.abort();
      });
      this.#results.set(node.index, building);
    }
  }

  async #afterNeeds(node: GraphNode): Promise<void> {
    await Promise.all(node.needs.map((index) => this.result(index)));
  }

  #graph(metaArgs: Dockerfile["metaArgs"], escapeChar: string): GraphNode[] {
    for (const { args } of metaArgs) {
      for (const { key, value } of args) {
        const known = this.args.meta();
        const expand = (text: string) =>
          expandWord(text, { lookup: (name) => known.get(name), escape: escapeChar });
        this.args.declareMeta(key, value === undefined ? undefined : expand(value));
      }
    }
    return buildGraph(this.dockerfile, this.request.target, this.args.meta());
  }

  /** --label: as if the last stage ended with them. */
  #withLabels(nodes: GraphNode[]): GraphNode[] {
    const labels = Object.entries(this.request.labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const last = nodes.at(-1)!;
    const added = labels.map(([key, value]): Instruction => {
      const text = `LABEL ${key}=${value}`;
      const at = { text, first: last.stage.last, last: last.stage.last };
      return { kind: "LABEL", pairs: [{ key, value, legacy: false, literal: true }], ...at };
    });
    const stage = { ...last.stage, instructions: [...last.stage.instructions, ...added] };
    return [...nodes.slice(0, -1), { ...last, stage }];
  }
}

const stepsOf = (nodes: readonly GraphNode[]): number =>
  nodes.reduce((sum, { stage }) => sum + 1 + stage.instructions.length, 0);

/** The last one's result, or else the first error that happened; waits for all to have ended. */
async function firstFailure(all: Promise<StageState>[]): Promise<StageState> {
  let failure: { error: unknown } | undefined;
  for (const one of all) one.catch((error) => (failure ??= { error }));
  await Promise.allSettled(all);
  if (failure) throw failure.error;
  return all.at(-1)!;
}

function givenArgs(args: Record<string, string | null>): Map<string, string> {
  const entries = Object.entries(args).filter((entry): entry is [string, string] => entry[1] !== null);
  return new Map(entries);
}

/** Known everywhere before the first FROM; a stage has to declare them. */
function platformArgs(target: Platform): Map<string, string> {
  const of = (prefix: string, platform: Platform): [string, string][] => [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ""],
  ];
  return new Map([...of("TARGET", target), ...of("BUILD", targetPlatform(""))]);
}

function epochOf(text: string | null | undefined): number | undefined {
  if (text === undefined || text === null || text === "") return undefined;
  if (!/^\d+$/.test(text))
    throw invalidArgument(`invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)} is no number of seconds`);
  return Number(text);
}
