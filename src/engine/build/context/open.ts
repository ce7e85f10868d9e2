import { posix } from "node:path";
import { DockerfileError, excerpt } from "../../../dockerfile/errors.ts";
import { IgnoreRules, readIgnoreFile } from "../../../dockerfile/ignore.ts";
import { refuseOtherFrontend } from "../../../dockerfile/lines.ts";
import { lintIgnored } from "../../../dockerfile/lint-ignored.ts";
import { parseDockerfile } from "../../../dockerfile/parse.ts";
import type { Dockerfile } from "../../../dockerfile/types.ts";
import { EngineError, invalidArgument, messageOf, systemError } from "../../../errors/errors.ts";
import { decompressLayer } from "../../../images/registry/decompress.ts";
import type { Session } from "../session/sessions.ts";
import { TarTree } from "../tree/tar-tree.ts";
import type { BuildEnv, BuildRequest } from "../types.ts";
import { checkoutTree, isGitURL } from "./git.ts";

/** Dockerfiles and .dockerignore files longer than this are not believed, bytes. */
const LONGEST = 16 * 1024 * 1024;

/** The build argument that goes before `# check=`. */
const CHECK = "BUILDKIT_DOCKERFILE_CHECK";
/** And the one that goes before `# syntax=`. */
const SYNTAX = "BUILDKIT_SYNTAX";

export interface BuildContext {
  tree: TarTree;
  dockerfile: Dockerfile;
  /** Path of the Dockerfile in the context. */
  file: string;
}

/** Takes in the context, and reads the Dockerfile in it. Errors: invalidArgument, dataLoss, cancelled. */
export async function openContext(env: BuildEnv, request: BuildRequest): Promise<BuildContext> {
  if (request.remote === "client-session" && request.session)
    return openSessionContext(env, request, request.session);
  const { tree, filtered } = await receive(env, request);
  try {
    const { path, text } = await dockerfileOf(tree, request.dockerfile);
    const rules = await dropIgnored(tree, path, filtered);
    return { tree, file: path, dockerfile: parse(text, path, rules, request) };
  } catch (error) {
    tree.close();
    throw error;
  }
}

/** `filtered`: the client has left out what .dockerignore says. */
async function receive(env: BuildEnv, request: BuildRequest): Promise<{ tree: TarTree; filtered: boolean }> {
  const { remote, body, signal } = request;
  const options = { folder: env.temporary, signal };
  if (remote === "") return { tree: await TarTree.read(decompressLayer(body), options), filtered: true };
  if (remote === "client-session")
    throw invalidArgument("a context of client-session needs a session: session=ID is not given");
  if (isGitURL(remote)) return { tree: await checkoutTree(remote, options), filtered: false };
  if (!/^https?:\/\//.test(remote))
    throw invalidArgument(`remoteURL (${remote}) could not be recognized as URL`);
  return { tree: await download(env, request), filtered: false };
}

async function download(env: BuildEnv, { remote, signal }: BuildRequest): Promise<TarTree> {
  const response = await env.fetch(remote, signal).catch((cause) => {
    throw invalidArgument(`error downloading remote context ${remote}: ${messageOf(cause)}`, { cause });
  });
  if (!response.ok || !response.body) {
    throw invalidArgument(
      `error downloading remote context ${remote}: failed to GET ${remote} with status ${response.status} ${response.statusText}`,
    );
  }
  if (response.headers.get("content-type")?.startsWith("text/plain"))
    return TarTree.of({ Dockerfile: await response.text() }, env.temporary);
  const bytes = response.body as unknown as AsyncIterable<Uint8Array>;
  return TarTree.read(decompressLayer(bytes), { folder: env.temporary, signal });
}

/** The client's folders: the Dockerfile may lie elsewhere than the context. */
async function openSessionContext(
  env: BuildEnv,
  request: BuildRequest,
  session: Session,
): Promise<BuildContext> {
  const { dockerfile, signal } = request;
  const { folderTar } = await import("../session/filesync.ts");
  const fetch = (name: string, patterns: { include?: string[]; exclude?: string[] }) =>
    TarTree.read(folderTar(session, { name, ...patterns }, { temporary: env.temporary, signal }), {
      folder: env.temporary,
      signal,
    });
  const name = dockerfile || "Dockerfile";
  const beside = await fetch("dockerfile", {
    include: [name, name.toLowerCase(), `${name}.dockerignore`],
  });
  try {
    const { path, text } = await dockerfileOf(beside, name);
    const own = await beside.text(`${path}.dockerignore`, LONGEST);
    const exclude = own ?? (await ignoreFile(fetch));
    const patterns = readIgnoreFile(exclude);
    const tree = await fetch("context", { exclude: patterns });
    const rules = new IgnoreRules(patterns);
    return parsedOr(tree, () => ({ tree, file: path, dockerfile: parse(text, path, rules, request) }));
  } finally {
    beside.close();
  }
}

async function ignoreFile(
  fetch: (name: string, patterns: { include: string[] }) => Promise<TarTree>,
): Promise<string> {
  const tree = await fetch("context", { include: [".dockerignore"] });
  try {
    return (await tree.text(".dockerignore", LONGEST)) ?? "";
  } finally {
    tree.close();
  }
}

/** Closes the tree if what is made with it fails. */
function parsedOr<T>(tree: TarTree, make: () => T): T {
  try {
    return make();
  } catch (error) {
    tree.close();
    throw error;
  }
}

async function dockerfileOf(tree: TarTree, wanted: string): Promise<{ path: string; text: string }> {
  const candidates = wanted === "" || wanted === "Dockerfile" ? ["Dockerfile", "dockerfile"] : [wanted];
  for (const path of candidates) {
    const text = await tree.text(path, LONGEST);
    if (text === undefined) continue;
    if (text === "") throw invalidArgument(`the Dockerfile (${path}) cannot be empty`);
    return { path: posix.normalize(path), text };
  }
  throw systemError(`Cannot locate specified Dockerfile: ${wanted || "Dockerfile"}`);
}

/** Dockerfile and .dockerignore themselves may be ignored, too: they were only needed until now. */
async function dropIgnored(
  tree: TarTree,
  dockerfile: string,
  filtered: boolean,
): Promise<IgnoreRules | undefined> {
  const own = filtered ? undefined : await tree.text(`${dockerfile}.dockerignore`, LONGEST);
  const text = own ?? (await tree.text(".dockerignore", LONGEST));
  if (text === undefined) return undefined;
  const rules = new IgnoreRules(readIgnoreFile(text));
  const candidates = filtered ? [".dockerignore", dockerfile] : tree.paths();
  for (const path of candidates) {
    if (!rules.ignores(path)) continue;
    const entry = tree.find(path, false);
    if (entry?.header.type === "directory" && rules.hasExceptions && !tree.isEmpty(path)) continue;
    tree.remove(path);
  }
  return rules;
}

function parse(
  text: string,
  path: string,
  rules: IgnoreRules | undefined,
  { buildArgs }: BuildRequest,
): Dockerfile {
  try {
    const frontend = buildArgs[SYNTAX];
    if (frontend) refuseOtherFrontend(frontend, 1);
    const dockerfile = parseDockerfile(text, buildArgs[CHECK] ?? undefined);
    if (rules) dockerfile.warnings.push(...lintIgnored(dockerfile, rules));
    return dockerfile;
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    const where = excerpt(text, path, error.line);
    throw new EngineError("invalidArgument", `${error.message}\n${where}`, {
      cause: error,
      data: error.data ?? {},
    });
  }
}
