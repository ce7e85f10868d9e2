import { writeFileSync } from "node:fs";
import { batched } from "../../archive/tar/batched.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { refuseContentTrust } from "../image/trust.ts";
import { BUILD_FLAGS, type BuildFlags, buildQuery } from "./flags.ts";
import { checkProgress, follow } from "./follow.ts";
import { type Output, readOutput, writeOutput } from "./outputs.ts";
import { checkPlatforms, platformsOf, type Variant, writePlatforms } from "./platforms.ts";
import { registryConfig } from "./registry-config.ts";
import { readSecret } from "./secrets.ts";
import type { OpenSession } from "./session/serve.ts";
import { type Source, sourceOf } from "./source.ts";

export default defineCommand({
  usage: "[OPTIONS] PATH | URL | -",
  summary: "Build an image from a Dockerfile",
  aliases: ["docker image build", "docker build", "docker builder build"],
  count: { least: 1, most: 1 },
  flags: BUILD_FLAGS,
  async run(cli, { args, flags: given, given: named }) {
    const trust = "disable-content-trust";
    refuseContentTrust({ disabled: given[trust], given: named.has(trust) });
    const outputs = [...given.output, ...(given.push ? ["type=registry"] : [])].map(readOutput);
    const flags = withDefaults(given, outputs);
    const platforms = platformsOf(flags.platform);
    const source = await sourceOf(args[0]!, flags);
    const ours = await isOurs(cli);
    if (wantsCheck(given)) {
      if (!ours) throw new Error("this engine's classic builder knows no --check: it needs a Pequod engine");
      const { check } = await import("./check.ts");
      return await check(cli, flags, source);
    }
    if (platforms.length > 1) checkPlatforms(platforms, outputs, source.once === true);
    const session = await sessionOf(cli, flags, ours);
    const call: BuildCall = { cli, flags, source, ours, session: session?.id };
    try {
      if (platforms.length > 1) return await buildAll(call, platforms, outputs);
      const id = await buildOne(call, platforms[0], flags.tag);
      note(flags, id, id);
      for (const output of outputs) await writeOutput(cli, output, id, flags.tag);
      if (flags.quiet) cli.out(`${id}\n`);
      return 0;
    } finally {
      session?.close();
    }
  },
});

/** Names of outputs are names of the image; to be quiet can be asked for in two ways. Errors: plain, of --progress. */
function withDefaults(flags: BuildFlags, outputs: readonly Output[]): BuildFlags {
  const progress = checkProgress(flags.progress ?? (process.env["BUILDKIT_PROGRESS"] || "auto"));
  const names = outputs.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return { ...flags, progress, tag: [...new Set([...flags.tag, ...names])] };
}

/** Errors: plain. */
function wantsCheck({ check, call }: BuildFlags): boolean {
  if (call === undefined || call === "build") return check;
  if (call === "check" || call === "lint") return true;
  throw new Error(`--call=${call} is not supported: want build or check`);
}

interface BuildCall {
  cli: Cli;
  flags: BuildFlags;
  source: Source;
  ours: boolean;
  /** Of the session in which secrets and agents are asked for. */
  session: string | undefined;
}

/** For --secret and --ssh. Errors: plain; the engine's. */
async function sessionOf(cli: Cli, flags: BuildFlags, ours: boolean): Promise<OpenSession | undefined> {
  if (flags.secret.length === 0 && flags.ssh.length === 0) return undefined;
  if (!ours)
    throw new Error(
      "this engine's classic builder takes no --secret and no --ssh: they need a Pequod engine",
    );
  const secrets = new Map(flags.secret.map(readSecret));
  const [{ openSession }, { secretMethods }, { openAgents }, { agentMethods }] = await Promise.all([
    import("./session/serve.ts"),
    import("./session/secrets.ts"),
    import("./session/agents.ts"),
    import("./session/forward.ts"),
  ]);
  const { agents, close } = await openAgents(flags.ssh);
  try {
    const session = await openSession(cli, { ...secretMethods(secrets), ...agentMethods(agents) });
    return {
      id: session.id,
      close() {
        session.close();
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Resolves to the image's id. Errors: ExitError with the failed command's code. */
async function buildOne(call: BuildCall, platform: string | undefined, tags: string[]): Promise<string> {
  const { cli, source, ours, session } = call;
  const flags = { ...call.flags, platform, tag: tags };
  const classic = !ours || process.env["DOCKER_BUILDKIT"] === "0";
  const tar = source.tar ? batched(source.tar()) : nothing();
  const body = source.tar && flags.compress ? gzip(tar) : tar;
  const response = await cli.client.stream("POST", "/build", {
    query: {
      ...buildQuery(cli, flags, source.dockerfile, source.remote),
      ...(classic ? {} : { events: "1" }),
      session,
    },
    headers: { "X-Registry-Config": await registryConfig(cli) },
    stream: body,
  });
  return follow(cli, flags, response, classic);
}

/** A build for each platform, one after the other; the engine's names stay as they are. */
async function buildAll(call: BuildCall, platforms: string[], outputs: Output[]): Promise<number> {
  const { cli, flags } = call;
  const variants: Variant[] = [];
  for (const platform of platforms) {
    if (!flags.quiet) cli.err(`Building for ${platform}\n`);
    variants.push({ platform, id: await buildOne(call, platform, []) });
  }
  const digest = await writePlatforms(cli, outputs, variants, flags.tag);
  note(flags, digest, digest);
  if (flags.quiet) cli.out(`${digest}\n`);
  return 0;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* gzip(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const [{ createGzip }, { Readable }] = await Promise.all([import("node:zlib"), import("node:stream")]);
  for await (const chunk of Readable.from(tar, { objectMode: false }).pipe(createGzip()))
    yield chunk as Uint8Array;
}

/** Whether the engine tells of a build in events, and takes secrets. */
async function isOurs(cli: Cli): Promise<boolean> {
  const response = await cli.client.stream("GET", "/_ping");
  for await (const _ of response.body) void _;
  return response.headers.get("pequod-build") !== undefined;
}

/** --iidfile and --metadata-file. */
function note(flags: BuildFlags, id: string, digest: string): void {
  if (flags.iidfile) writeFileSync(flags.iidfile, id);
  if (!flags["metadata-file"]) return;
  const metadata = {
    "containerimage.config.digest": id,
    "containerimage.digest": digest,
    ...(flags.tag.length > 0 ? { "image.name": flags.tag.join(",") } : {}),
  };
  writeFileSync(flags["metadata-file"], `${JSON.stringify(metadata, null, 2)}\n`);
}
