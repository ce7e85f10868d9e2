/** `docker build --check`: what the linter says of a Dockerfile. */
import type { Cli } from "../cli.ts";
import { type BuildFlags, buildQuery } from "./flags.ts";
import type { Source } from "./source.ts";

/** The engine's answer to POST /build with `check=1`. */
interface CheckResult {
  warnings: { rule: string; message: string; excerpt: string }[];
}

/** Prints the warnings; the exit code is 1 if there are any. Errors: the engine's. */
export async function check(cli: Cli, flags: BuildFlags, source: Source): Promise<number> {
  const response = await cli.client.stream("POST", "/build", {
    query: { ...buildQuery(cli, flags, source.dockerfile, source.remote), check: "1" },
    stream: (source.bare ?? source.tar ?? nothing)(),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const { warnings } = JSON.parse(Buffer.concat(chunks).toString()) as CheckResult;
  if (flags.quiet) return warnings.length > 0 ? 1 : 0;
  cli.out(`Check complete, ${countOf(warnings.length)}\n`);
  for (const { rule, message, excerpt } of warnings)
    cli.out(`\nWARNING: ${rule} - ${pageOf(rule)}\n${message}\n${excerpt}\n`);
  return warnings.length > 0 ? 1 : 0;
}

/** "JSONArgsRecommended" → ".../json-args-recommended/" */
function pageOf(rule: string): string {
  const words = rule.match(/[A-Z]+(?![a-z])|[A-Z][a-z]+/g) ?? [rule];
  return `https://docs.docker.com/go/dockerfile/rule/${words.join("-").toLowerCase()}/`;
}

function countOf(count: number): string {
  if (count === 0) return "no warnings found.";
  return count === 1 ? "1 warning has been found!" : `${count} warnings have been found!`;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
