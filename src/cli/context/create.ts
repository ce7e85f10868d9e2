import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { contextName } from "../connection.ts";
import { contextOf, storeOf } from "./current.ts";
import { CONTEXT_FLAGS, endpointOf } from "./endpoint.ts";
import { DEFAULT_DESCRIPTION } from "./list.ts";
import { type Context, checkContextName, DEFAULT_CONTEXT, type TlsFiles } from "./store.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTEXT",
  summary: "Create a context: a name for an engine and how to reach it",
  count: { least: 1, most: 1 },
  flags: {
    ...CONTEXT_FLAGS,
    from: { kind: "string", help: "Context to copy" },
  },
  async run(cli, { args, flags }) {
    const name = args[0]!;
    const store = storeOf(cli);
    checkContextName(name);
    if (store.exists(name)) throw new Error(`context ${JSON.stringify(name)} already exists`);
    const { context, tls } = made(cli, name, flags);
    store.write(context);
    store.writeTls(name, tls);
    cli.out(`${name}\n`);
    cli.err(`Successfully created context ${JSON.stringify(name)}\n`);
    return 0;
  },
});

interface Options {
  description: string | undefined;
  docker: string[];
  from: string | undefined;
}

function made(cli: Cli, name: string, options: Options): { context: Context; tls: TlsFiles } {
  const { docker, from } = options;
  const description = options.description ? { Description: options.description } : {};
  if (docker.length > 0 && !from) {
    const endpoint = endpointOf(cli, docker);
    return {
      context: { Name: name, Metadata: description, Endpoints: { docker: endpoint.docker } },
      tls: endpoint.tls,
    };
  }
  if (docker.length > 0) throw new Error("cannot use --docker flag when --from is set");
  const source = from || contextName(cli.global, cli.config);
  const { Metadata, Endpoints } = contextOf(cli, source);
  const usual = source === DEFAULT_CONTEXT ? { Description: DEFAULT_DESCRIPTION } : {};
  const context = { Name: name, Metadata: { ...usual, ...Metadata, ...description }, Endpoints };
  return { context, tls: source === DEFAULT_CONTEXT ? {} : storeOf(cli).tlsFiles(source) };
}
