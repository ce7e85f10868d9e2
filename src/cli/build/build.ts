import { writeFileSync } from "node:fs";
import type { StreamedResponse } from "../../api/client/client.ts";
import { jsonLines } from "../../api/client/lines.ts";
import { batched } from "../../archive/tar/batched.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, ExitError } from "../command.ts";
import type { ProgressMessage } from "../progress/messages.ts";
import { readInput } from "../terminal/input.ts";
import { terminalSize } from "../terminal/size.ts";
import { localContext, loneDockerfile } from "./context.ts";
import { BUILD_FLAGS, type BuildFlags, buildQuery } from "./flags.ts";
import { readOutput, writeOutput } from "./outputs.ts";
import { registryConfig } from "./registry_config.ts";
import { readSecret, withEnvelope } from "./secrets.ts";
import type { BuildEvent } from "./steps.ts";
import { type BuildView, PlainView, RawView, TerminalView } from "./view.ts";

export default defineCommand({
  usage: "[OPTIONS] PATH | URL | -",
  summary: "Build an image from a Dockerfile",
  aliases: ["docker image build", "docker build", "docker builder build"],
  count: { least: 1, most: 1 },
  flags: BUILD_FLAGS,
  async run(cli, { args, flags }) {
    if (flags.ssh.length > 0)
      throw new Error("--ssh is not implemented: give a key by --secret id=ssh,src=FILE");
    const outputs = [...flags.output, ...(flags.push ? ["type=registry"] : [])].map(readOutput);
    const source = await sourceOf(args[0]!, flags);
    const ours = await isOurs(cli);
    const secrets = Object.fromEntries(flags.secret.map(readSecret));
    if (flags.secret.length > 0 && !ours)
      throw new Error("this engine takes no build secrets: --secret needs a Pequod engine");
    const classic = !ours || process.env["DOCKER_BUILDKIT"] === "0";
    const tar = source.tar ? batched(source.tar) : nothing();
    const body = source.tar && flags.compress ? gzip(tar) : tar;
    const response = await cli.client.stream("POST", "/build", {
      query: {
        ...buildQuery(cli, flags, source.dockerfile, source.remote),
        ...(classic ? {} : { events: "1" }),
        ...(ours && flags.secret.length > 0 ? { envelope: "1" } : {}),
      },
      headers: { "X-Registry-Config": await registryConfig(cli) },
      stream: ours && flags.secret.length > 0 ? withEnvelope(secrets, body) : body,
    });
    const id = await follow(cli, flags, response, classic);
    if (flags.iidfile) writeFileSync(flags.iidfile, id);
    if (flags["metadata-file"]) writeMetadata(flags["metadata-file"], id, flags.tag);
    for (const output of outputs) await writeOutput(cli, output, id, flags.tag);
    if (flags.quiet) cli.out(`${id}\n`);
    return 0;
  },
});

interface Source {
  remote?: string;
  dockerfile: string | undefined;
  tar?: AsyncIterable<Uint8Array>;
}

async function sourceOf(path: string, flags: BuildFlags): Promise<Source> {
  if (/^(?:https?|git|ssh):\/\/|^git@/.test(path)) return { remote: path, dockerfile: flags.file };
  if (path === "-") {
    if (flags.file === "-")
      throw new Error("invalid argument: can't use stdin for both build context and dockerfile");
    return stdinSource(flags.file);
  }
  const stdin = flags.file === "-" ? await readAll() : undefined;
  const context = localContext(path, flags.file === "-" ? undefined : flags.file, stdin);
  return { dockerfile: context.dockerfile, tar: context.tar() };
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
  if (isArchive) return { dockerfile: file, tar: chained(head, input) };
  const chunks = [head];
  for await (const chunk of input) chunks.push(chunk);
  return { dockerfile: undefined, tar: loneDockerfile(Buffer.concat(chunks)) };
}

async function* chained(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* gzip(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [{ createGzip }, { Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
  for await (const chunk of Readable.from(tar, { objectMode: false }).pipe(createGzip()))
    yield chunk as Uint8Array;
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readInput()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Whether the engine tells of a build in events, and takes secrets. */
async function isOurs(cli: Cli): Promise<boolean> {
  const response = await cli.client.stream("GET", "/_ping");
  for await (const _ of response.body) void _;
  return response.headers.get("pequod-build") !== undefined;
}

/** Shows the build, and gives the image's id. Errors: ExitError with the failed command's code. */
async function follow(
  cli: Cli,
  flags: BuildFlags,
  response: StreamedResponse,
  classic: boolean,
): Promise<string> {
  let id = "";
  const aux = (value: unknown) => {
    const found = (value as { ID?: string }).ID;
    if (found) id = found;
  };
  const messages = jsonLines<ProgressMessage>(response.body);
  if (flags.quiet) {
    for await (const message of messages) {
      failOn(cli, message);
      if (message.stream) id = message.stream.trim();
    }
    return id;
  }
  if (classic) {
    await showClassic(cli, messages, response, aux);
    return id;
  }
  const view = viewOf(cli, flags.progress ?? process.env["BUILDKIT_PROGRESS"] ?? "auto");
  try {
    for await (const message of messages) {
      const event = (message.aux as { pequod?: BuildEvent } | undefined)?.pequod;
      if (event) view.event(event);
      else if (message.aux) aux(message.aux);
      else if (message.stream) view.remark(message.stream);
      else if (message.error) return failed(cli, view, message);
      else view.progress([message.id, message.status, message.progress].filter(Boolean).join(" "));
    }
  } finally {
    view.end();
  }
  return id;
}

function failed(cli: Cli, view: BuildView, message: ProgressMessage): never {
  view.end();
  const detail = message.errorDetail as { excerpt?: string } | undefined;
  if (detail?.excerpt) cli.err(`${detail.excerpt}\n`);
  return failOn(cli, message) as never;
}

async function showClassic(
  cli: Cli,
  messages: AsyncIterable<ProgressMessage>,
  _response: StreamedResponse,
  aux: (value: unknown) => void,
): Promise<void> {
  for await (const message of messages) {
    failOn(cli, message);
    if (message.aux) aux(message.aux);
    else if (message.stream) cli.out(message.stream);
    else if (message.status && !message.progress)
      cli.out(`${message.id ? `${message.id}: ` : ""}${message.status}\n`);
  }
}

function failOn(_cli: Cli, message: ProgressMessage): void {
  if (!message.error) return;
  throw new ExitError(message.errorDetail?.code || 1, message.errorDetail?.message ?? message.error);
}

function viewOf(cli: Cli, progress: string): BuildView {
  const write = (text: string) => cli.err(text);
  const size = () => terminalSize(2) ?? { rows: 24, columns: 80 };
  switch (progress) {
    case "plain":
      return new PlainView(write);
    case "rawjson":
      return new RawView(write);
    case "quiet":
      return new PlainView(() => {});
    case "tty":
      return new TerminalView({ write, size });
    case "auto":
      return cli.isTerminal(2) ? new TerminalView({ write, size }) : new PlainView(write);
    default:
      throw new Error(
        `invalid progress mode ${JSON.stringify(progress)}: want auto, plain, tty, quiet or rawjson`,
      );
  }
}

function writeMetadata(path: string, id: string, tags: string[]): void {
  const metadata = {
    "containerimage.config.digest": id,
    "containerimage.digest": id,
    ...(tags.length > 0 ? { "image.name": tags.join(",") } : {}),
  };
  writeFileSync(path, `${JSON.stringify(metadata, null, 2)}\n`);
}
