import type { Of } from "../../../dockerfile/types.ts";
import { dataLoss, invalidArgument, messageOf } from "../../../errors/errors.ts";
import type { CopySource } from "../copy/sources.ts";
import type { StepContext } from "../steps/context.ts";
import { TarTree } from "../tree/tar-tree.ts";
import { walkTree } from "../tree/tree.ts";
import { checkoutTree, isGitURL } from "./git.ts";

export const isRemote = (source: string): boolean => /^https?:\/\//.test(source) || isGitURL(source);

export interface Download {
  sources: CopySource[];
  close(): void;
}

/** ADD of a URL or a git repository. Errors: invalidArgument; dataLoss for another --checksum. */
export async function downloadSource(
  context: StepContext,
  url: string,
  add: Of<"ADD"> | Of<"COPY">,
): Promise<Download> {
  const { env, request } = context;
  if (isGitURL(url)) {
    const tree = await checkoutTree(url, {
      folder: env.temporary,
      signal: request.signal,
      keepGit: add.keepGitDir,
    });
    const entry = tree.find("", true)!;
    const hash = `dir:${add.checksum ?? (await treeHash(tree))}`;
    return { sources: [{ tree, entry, path: "", hash, mayUnpack: false }], close: () => tree.close() };
  }
  const name = fileName(url, add.destination);
  const { response, mtime } = await get(context, url);
  const tree = await TarTree.ofStream(name, checked(url, response, add.checksum), {
    folder: env.temporary,
    signal: request.signal,
    mtime,
  });
  const entry = tree.find(name, false)!;
  const hash = `file:${await tree.digest(entry)}`;
  const source = { tree, entry, path: name, hash, mayUnpack: add.unpack === true };
  return { sources: [source], close: () => tree.close() };
}

async function treeHash(tree: TarTree): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for (const entry of walkTree(tree, tree.find("", true)!)) hash.update(await tree.digest(entry));
  return hash.digest("hex");
}

function fileName(url: string, destination: string): string {
  const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
  if (name !== "") return name;
  if (destination.endsWith("/")) throw invalidArgument(`cannot determine filename for source ${url}`);
  return "__unnamed__";
}

async function get(
  { env, request }: StepContext,
  url: string,
): Promise<{ response: Response; mtime: number }> {
  let response: Response;
  try {
    response = await env.fetch(url, request.signal);
  } catch (cause) {
    throw invalidArgument(`Get ${JSON.stringify(url)}: ${messageOf(cause)}`, { cause });
  }
  if (!response.ok)
    throw invalidArgument(`failed to GET ${url} with status ${response.status} ${response.statusText}`);
  const modified = Date.parse(response.headers.get("last-modified") ?? "");
  return { response, mtime: Number.isNaN(modified) ? 0 : Math.floor(modified / 1000) };
}

/** The body as it comes; errs at its end if it is not what the checksum says. */
async function* checked(
  url: string,
  { body }: Response,
  wanted: string | undefined,
): AsyncGenerator<Uint8Array> {
  const [algorithm = "", hex = ""] = (wanted ?? "sha256:-").split(":");
  if (!["sha256", "sha384", "sha512"].includes(algorithm) || hex === "")
    throw invalidArgument(`invalid checksum digest format: ${JSON.stringify(wanted)}`);
  const hash = new Bun.CryptoHasher(algorithm as "sha256");
  for await (const chunk of (body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    yield chunk;
  }
  const got = hash.digest("hex");
  if (wanted !== undefined && got !== hex)
    throw dataLoss(`digest mismatch ${algorithm}:${got}: ${wanted} of ${url}`);
}
