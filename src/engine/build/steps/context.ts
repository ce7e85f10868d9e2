import { expandWord, expandWords } from "../../../dockerfile/expand.ts";
import { didYouMean } from "../../../dockerfile/suggest.ts";
import type { ContainerDefaults, Image } from "../../../images/types.ts";
import { cleanFolder } from "../../containers/create/config.ts";
import type { CreateBody } from "../../containers/create/request.ts";
import { createBuildContainer } from "../run/container.ts";
import { cachedImage } from "../stage/cache.ts";
import { imageFromSources } from "../stage/cache-from.ts";
import { type Committer, commitStep, type Step } from "../stage/commit.ts";
import { shellOf } from "../stage/config.ts";
import type { StageState } from "../stage/state.ts";
import type { FolderTree } from "../tree/folder-tree.ts";
import type { SourceTree } from "../tree/tree.ts";
import type { BuildEnv, BuildOutput, BuildRequest } from "../types.ts";

/** A stage or image that files are taken from; to be closed. */
export interface OpenedRoot {
  tree: FolderTree;
  close(): Promise<void>;
}

/** What an instruction that changes the configuration alone works with. */
export interface SettingContext {
  state: Pick<StageState, "config" | "args" | "commandSet" | "author"> & {
    readonly image?: Image | undefined;
  };
  escape: string;
  /** Of the instruction that is being applied. */
  line: number;
  /** Tells of what a check has found, if that check is wanted. */
  warn(rule: string, message: string, line: number): void;
  /** Tells whoever builds. */
  out: Pick<BuildOutput, "text">;
}

/** What a step works with. */
export interface StepContext extends SettingContext {
  env: BuildEnv;
  request: BuildRequest;
  committer: Committer;
  state: StageState;
  out: BuildOutput;
  /** The build's context. */
  source: SourceTree;
  /** Mounts the file system of a stage (by name or number) or of an image. Errors: notFound. */
  openFrom(name: string): Promise<OpenedRoot>;
  /** Mounts the file system of the stage so far; undefined if there is nothing below. */
  openCurrent(): Promise<OpenedRoot | undefined>;
}

/** Expands with the stage's environment and arguments. */
export function expander(context: SettingContext) {
  const { state, escape: escapeChar, line } = context;
  const variables = new Map(state.args.inStage());
  for (const entry of state.config.Env ?? []) {
    const mark = entry.indexOf("=");
    variables.set(entry.slice(0, mark), entry.slice(mark + 1));
  }
  const missing = (name: string): void => {
    if (state.args.isDeclared(name)) return;
    const nearest = didYouMean(name, [...variables.keys()], "$");
    context.warn("UndefinedVar", `Usage of undefined variable '$${name}'${nearest}`, line);
  };
  const expansion = { lookup: (name: string) => variables.get(name), escape: escapeChar, missing };
  return {
    word: (text: string) => expandWord(text, expansion),
    words: (text: string) => expandWords(text, expansion),
  };
}

/** The configuration with which a step that runs nothing is recorded. */
export function noOperation({ state }: StepContext, comment: string, asOneWord = false): ContainerDefaults {
  const shell = shellOf(state.config);
  const Cmd = asOneWord ? [...shell, `#(nop) ${comment}`] : [...shell, "#(nop) ", comment];
  return { ...structuredClone(state.config), Cmd };
}

/** True if the step was done before: the stage has moved on to that image. */
export async function useCache(context: StepContext, step: ContainerDefaults): Promise<boolean> {
  const { request, state, env, out, committer } = context;
  if (request.noCache || state.cacheMissed) return false;
  const image =
    cachedImage(env.images, state, step, committer.epoch) ??
    (await imageFromSources(env.images, request.cacheFrom, state, step));
  if (!image) {
    state.cacheMissed = true;
    return false;
  }
  out.text(" ---> Using cache\n");
  state.image = image;
  return true;
}

/** Records a step that changes the configuration alone. No container is made for it; its id is for the record. */
export async function recordChange(context: StepContext, comment: string): Promise<void> {
  const step = noOperation(context, comment);
  if (await useCache(context, step)) return;
  await recordWithID(context, step);
}

/**
 * As stock does, the record names a container, and the container's default name for its host. There is one only with
 * --rm=false, which keeps it.
 */
export async function recordWithID(
  context: StepContext,
  step: ContainerDefaults,
  rest: Omit<Step, "containerConfig"> = {},
): Promise<void> {
  const { state, committer, out, request } = context;
  const removed = request.rm || request.forceRm;
  const id = removed
    ? Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex")
    : await keptContainer(context, step);
  out.text(` ---> Running in ${id.slice(0, 12)}\n`);
  const folder = step.WorkingDir ? { WorkingDir: cleanFolder(step.WorkingDir) } : {};
  const containerConfig = {
    ...step,
    ...folder,
    Hostname: step.Hostname || id.slice(0, 12),
    Labels: step.Labels ?? {},
  };
  await commitStep(committer, state, { ...rest, containerConfig, containerID: id });
  if (removed) out.text(`Removing intermediate container ${id.slice(0, 12)}\n`);
}

/** A container of the step's configuration, that is never started. Errors: as of create. */
async function keptContainer({ env, state, request }: StepContext, step: ContainerDefaults): Promise<string> {
  const { BuildKey: _, ...config } = structuredClone(step);
  const body = { ...(config as CreateBody), Image: state.imageID, HostConfig: request.host };
  const container = await createBuildContainer(env, body);
  container.keep();
  return container.id;
}
