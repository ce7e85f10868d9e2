import { DEFAULT_HOST } from "../../api/client/endpoint.ts";
import type { Cli } from "../cli.ts";
import { type Context, ContextStore, DEFAULT_CONTEXT } from "./store.ts";

export const storeOf = (cli: Cli): ContextStore => new ContextStore(cli.configFolder);

/** A context by name; "default" is what flags and environment say. Errors: notFound. */
export function contextOf(cli: Cli, name: string): Context {
  if (name !== DEFAULT_CONTEXT) return storeOf(cli).read(name);
  const host = cli.global.host[0] ?? (process.env["DOCKER_HOST"] || DEFAULT_HOST);
  const secure = cli.global.tls || cli.global.tlsverify;
  const skip = secure && !cli.global.tlsverify;
  return { Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: skip } } };
}

/** Says that DOCKER_HOST is stronger than any context, when it is set. */
export function warnOfHost(cli: Cli, context: string): void {
  if (!process.env["DOCKER_HOST"]) return;
  cli.err(
    `Warning: DOCKER_HOST environment variable overrides the active context. To use ${context}, either set the global --context flag, or unset DOCKER_HOST environment variable.\n`,
  );
}
