import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../../archive/pack.ts";
import { cancelled, invalidArgument } from "../../../errors/errors.ts";
import { FolderTree } from "../tree/folder-tree.ts";
import { TarTree } from "../tree/tar-tree.ts";

const PREFIXES = ["git://", "git@"];

/** "https://host/x.git#ref:dir", "git://...", "git@host:x". */
export function isGitURL(text: string): boolean {
  if (PREFIXES.some((prefix) => text.startsWith(prefix))) return true;
  return /^(?:https?|ssh):\/\/[^#]+\.git(?:#.*)?$/.test(text);
}

export interface CheckoutOptions {
  /** Where the work tree and the spool lie. */
  folder: string;
  signal: AbortSignal;
  keepGit?: boolean;
}

/** The content of a repository at "#ref:dir" (default: its HEAD, all of it). Errors: invalidArgument with git's words. */
export async function checkoutTree(url: string, options: CheckoutOptions): Promise<TarTree> {
  const [repository = "", fragment = ""] = url.split("#");
  const [ref = "", dir = ""] = fragment.split(":");
  if (ref.startsWith("-")) throw invalidArgument(`invalid git reference ${JSON.stringify(ref)}`);
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(options.folder, "git-"));
  try {
    const root = join(work, "tree");
    await checkOut(repository, ref, root, work, options.signal);
    if (!options.keepGit) rmSync(join(root, ".git"), { recursive: true, force: true });
    const tree = new FolderTree(root);
    const entry = tree.find(dir, true);
    if (entry?.header.type !== "directory")
      throw invalidArgument(`subdirectory ${JSON.stringify(dir)} is not in the repository ${repository}`);
    const path = entry.path === "" ? root : join(root, entry.path);
    return await TarTree.read(pack(path), { folder: options.folder, signal: options.signal });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function checkOut(
  repository: string,
  ref: string,
  root: string,
  home: string,
  signal: AbortSignal,
): Promise<void> {
  mkdirSync(root);
  const git = (...args: string[]) => runGit(["-C", root, ...args], home, signal);
  await git("init", "-q");
  await git("remote", "add", "origin", repository);
  const wanted = ref === "" ? "HEAD" : ref;
  await git("fetch", "-q", "--depth", "1", "origin", wanted).catch(async (error) => {
    if (!/^[0-9a-f]{7,64}$/.test(ref)) throw error;
    // A server may refuse single commits: then all of the history is fetched.
    await git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*");
    await git("update-ref", "FETCH_HEAD", ref);
  });
  await git("checkout", "-q", "FETCH_HEAD");
  await git("submodule", "-q", "update", "--init", "--recursive", "--depth", "1");
}

async function runGit(args: string[], home: string, signal: AbortSignal): Promise<void> {
  if (!Bun.which("git"))
    throw invalidArgument("git is not installed on the engine's host, but the source is a git repository");
  const child = Bun.spawn(["git", "-c", "core.hooksPath=/dev/null", ...args], {
    env: { PATH: process.env["PATH"], HOME: home, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    signal,
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (signal.aborted) throw cancelled("build was cancelled");
  if (code !== 0) throw invalidArgument(`git ${args[2]} failed: ${stderr.trim()}`);
}
