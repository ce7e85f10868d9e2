/** What `docker build PATH | URL | -` sends: a folder's archive, an archive from stdin, or nothing but a URL. */
import { readInput } from "../terminal/input.ts";
import { localContext, loneDockerfile } from "./context.ts";
import type { BuildFlags } from "./flags.ts";

export interface Source {
  remote?: string;
  dockerfile: string | undefined;
  /** The context's archive; can be asked for again, unless it comes from stdin. */
  tar?: () => AsyncIterable<Uint8Array>;
  /** What --check needs of it; all of it, if undefined. */
  bare?: () => AsyncIterable<Uint8Array>;
  /** It can be sent once only. */
  once?: true;
}

/** Errors: plain. */
export async function sourceOf(path: string, flags: BuildFlags): Promise<Source> {
  if (/^(?:https?|git|ssh):\/\/|^git@/.test(path)) return { remote: path, dockerfile: flags.file };
  if (path === "-") {
    if (flags.file === "-")
      throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
    return stdinSource(flags.file);
  }
  const stdin = flags.file === "-" ? await readAll() : undefined;
  const context = localContext(path, flags.file === "-" ? undefined : flags.file, stdin);
  return { dockerfile: context.dockerfile, tar: context.tar, bare: context.bare };
}

/** Stdin is an archive, packed or not, or else a Dockerfile. */
async function stdinSource(file: string | undefined): Promise<Source> {
  const input = readInput();
  const first = await input.next();
  const head = first.value ?? new Uint8Array(0);
  const packed = [
    [0x1f, 0x8b],
    [0x42, 0x5a, 0x68],
    [0xfd, 0x37, 0x7a],
    [0x28, 0xb5, 0x2f, 0xfd],
  ];
  const isArchive =
    packed.some((magic) => magic.every((byte, i) => head[i] === byte)) ||
    Buffer.from(head.subarray(257, 262)).toString() === "ustar";
  if (isArchive) return { dockerfile: file, tar: () => chained(head, input), once: true };
  const chunks = [head];
  for await (const chunk of input) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  return { dockerfile: undefined, tar: () => loneDockerfile(content) };
}

async function* chained(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readInput()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
