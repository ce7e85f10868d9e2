import { posix } from "node:path";
import { batched } from "../../../archive/tar/batched.ts";
import { contentOf } from "../../../dockerfile/heredoc.ts";
import type { Of } from "../../../dockerfile/types.ts";
import { EngineError, invalidArgument, kindOf, messageOf } from "../../../errors/errors.ts";
import { resolveUser } from "../../containers/rootfs/user.ts";
import { downloadSource, isRemote } from "../context/download.ts";
import { type CopyTarget, planCopy } from "../copy/copy.ts";
import { LayerPlan, type Owner } from "../copy/plan.ts";
import { type CopySource, findSources, hashOf } from "../copy/sources.ts";
import { commitStep } from "../stage/commit.ts";
import { EntryHash, hashedOnDisk } from "../tree/hash.ts";
import { TarTree } from "../tree/tar-tree.ts";
import { expander, noOperation, type OpenedRoot, type StepContext, useCache } from "./context.ts";

type Copy = Of<"COPY"> | Of<"ADD">;

/** Things to close when the layer has been written. */
type Open = { close(): void | Promise<void> }[];

/** COPY and ADD. Errors: in stock's words. */
export async function applyCopy(context: StepContext, instruction: Copy): Promise<void> {
  const open: Open = [];
  try {
    await copy(context, expandCopy(context, instruction), open);
  } finally {
    for (const one of open.reverse()) await one.close();
  }
}

/** Variables in all that may have some. */
export function expandCopy(context: StepContext, copy: Copy): Copy {
  const { word } = expander(context);
  const optional = (text: string | undefined) => (text === undefined ? undefined : word(text));
  return {
    ...copy,
    sources: copy.sources.map(word),
    destination: word(copy.destination),
    chown: optional(copy.chown),
    chmod: optional(copy.chmod),
    checksum: optional(copy.checksum),
    exclude: copy.exclude.map(word),
    heredocs: copy.heredocs.map((one) =>
      one.expand ? { ...one, content: expandText(word, one.content) } : one,
    ),
  };
}

/** Variables in a here-document; its quotes are no quotes. */
const expandText = (word: (text: string) => string, text: string): string =>
  word(text.replace(/["']/g, "\\$&"));

async function copy(context: StepContext, instruction: Copy, open: Open): Promise<void> {
  const { state, committer } = context;
  const sources = await sourcesOf(context, instruction, open);
  if (sources.length > 1 && !instruction.destination.endsWith("/")) {
    throw invalidArgument(
      `When using ${instruction.kind} with more than one source file, the destination must be a directory and end with a /`,
    );
  }
  const step = noOperation(context, commentOf(instruction, sources), true);
  if (await useCache(context, step)) return;
  const below = instruction.link ? undefined : await context.openCurrent();
  if (below) open.push(below);
  const plan = new LayerPlan(below?.tree, committer.epoch);
  const target = await targetOf(context, instruction, plan, below, open);
  for (const source of sources) await planCopy(source, target);
  await commitStep(committer, state, { containerConfig: step, layer: batched(plan.tar()) });
}

/** Flags that stock does not know come after its own words, because the outcome depends on them. */
function commentOf(instruction: Copy, sources: CopySource[]): string {
  const { kind, chown, chmod, link, parents, exclude, unpack, destination } = instruction;
  const flags = [
    chmod === undefined ? "" : `--chmod=${chmod}`,
    link ? "--link" : "",
    parents ? `--parents=${sources.map(({ path }) => path).join(",")}` : "",
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    unpack === undefined ? "" : `--unpack=${unpack}`,
  ].filter((flag) => flag !== "");
  const own = chown ? `--chown=${chown}` : "";
  const more = flags.length > 0 ? `${flags.join(" ")} ` : "";
  return `${kind} ${own}${more}${hashOf(sources)} in ${destination} `;
}

async function sourcesOf(context: StepContext, instruction: Copy, open: Open): Promise<CopySource[]> {
  const { kind, from } = instruction;
  const found: CopySource[] = [];
  try {
    const root = from === undefined ? undefined : await context.openFrom(from);
    if (root) open.push(root);
    const tree = root?.tree ?? context.source;
    if (instruction.checksum !== undefined && !instruction.sources.every(isRemote))
      throw invalidArgument("checksum requires HTTP(S) or Git sources");
    for (const path of instruction.sources) {
      if (kind === "ADD" && isRemote(path)) {
        const download = await downloadSource(context, path, instruction);
        open.push({ close: () => download.close() });
        found.push(...download.sources);
      } else
        found.push(
          ...(await findSources(tree, path, { isContext: !root, temporary: context.env.temporary })),
        );
    }
    found.push(...heredocSources(context, instruction, open));
  } catch (error) {
    if (error instanceof EngineError && error.data?.["stage"]) throw error;
    throw new EngineError(kindOf(error), `${kind} failed: ${messageOf(error)}`, { cause: error });
  }
  if (found.length === 0) throw invalidArgument(`${kind} failed: no source files were specified`);
  return found;
}

function heredocSources({ env }: StepContext, { heredocs }: Copy, open: Open): CopySource[] {
  return heredocs.map((heredoc) => {
    const tree = TarTree.of({ [heredoc.name]: contentOf(heredoc) }, env.temporary);
    open.push(tree);
    const entry = tree.find(heredoc.name, false)!;
    const hash = new EntryHash(hashedOnDisk(heredoc.name, entry.header));
    hash.update(Buffer.from(contentOf(heredoc)));
    return { tree, entry, path: heredoc.name, hash: `file:${hash.hex()}`, mayUnpack: false };
  });
}

async function targetOf(
  { state, env, request }: StepContext,
  instruction: Copy,
  plan: LayerPlan,
  below: OpenedRoot | undefined,
  open: Open,
): Promise<CopyTarget> {
  const { destination, kind, from, chown, chmod, parents, exclude, unpack } = instruction;
  const workdir = state.config.WorkingDir || "/";
  const absolute = posix.isAbsolute(destination) ? destination : posix.join("/", workdir, destination);
  const slash = /(?:^|\/)\.{0,2}$/.test(destination) && !absolute.endsWith("/") ? "/" : "";
  const keepOwner = kind === "COPY" && from !== undefined && chown === undefined;
  return {
    plan,
    destination: absolute + slash,
    owner: keepOwner ? undefined : ownerOf(chown, below?.tree.root),
    mode: chmod,
    parents,
    exclude,
    unpack: kind === "ADD" && unpack !== false,
    temporary: env.temporary,
    signal: request.signal,
    keep: (tree) => void open.push(tree),
  };
}

/** --chown by the names that the image knows; without a group, the user's number is the group's. */
function ownerOf(chown: string | undefined, root: string | undefined): Owner {
  if (chown === undefined || chown === "") return { uid: 0, gid: 0 };
  const [user = "", group = user, ...rest] = chown.split(":");
  if (rest.length > 0) throw badOwner(`invalid chown string format: ${chown}`);
  return {
    uid: idOf(user, root, "user"),
    gid: idOf(group === "" ? user : group, root, "group"),
  };
}

/** 2^32 - 1 stands for none. */
const HIGHEST_ID = 2 ** 32 - 2;

const badOwner = (why: string, cause?: unknown): EngineError =>
  invalidArgument(`unable to convert uid/gid chown string to host mapping: ${why}`, { cause });

function idOf(name: string, root: string | undefined, what: "user" | "group"): number {
  if (/^\d+$/.test(name)) {
    if (Number(name) <= HIGHEST_ID) return Number(name);
    throw badOwner(`${name} is no number of a ${what}: the highest is ${HIGHEST_ID}`);
  }
  try {
    if (root === undefined || name === "") throw new Error(`no such ${what}: ${name}`);
    const found = what === "user" ? resolveUser(root, name) : resolveUser(root, `0:${name}`);
    return what === "user" ? found.uid : found.gid;
  } catch (cause) {
    const short = what === "user" ? "uid" : "gid";
    throw badOwner(`can't find ${short} for ${what} ${name}: no such ${what}: ${name}`, cause);
  }
}
