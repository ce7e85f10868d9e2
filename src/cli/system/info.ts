import type { SystemInfo } from "../../api/schema.ts";
import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { type CliPlugin, listCliPlugins } from "../cli_plugins/find.ts";
import { defineCommand, ExitError } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { describe } from "../describe.ts";
import { printTemplate } from "../print-template.ts";
import { compileTemplate } from "../template/execute.ts";
import { type Field, GoStruct, listField, structField } from "../template/struct.ts";
import { clientFields } from "./client-version.ts";
import { serverFields } from "./info-fields.ts";
import { clientLines, cliPluginLines, serverLines } from "./info-text.ts";

const BAD_TEMPLATE_CODE = 64;

/** What was learnt, from whom. */
interface Known {
  client: Record<string, Field>;
  server: SystemInfo | undefined;
  failure: string | undefined;
}

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Show what the engine says of itself and of the machine",
  aliases: ["docker system info", "docker info"],
  count: { most: 0 },
  flags: { format: { kind: "string", short: "f", help: "'json', or a Go template" } },
  async run(cli, { flags }) {
    const format = flags.format ?? "";
    const plugins = await listCliPlugins(cli, (name) => Object.hasOwn(COMMANDS, name));
    const known: Known = { client: clientOf(cli, "", plugins), server: undefined, failure: undefined };
    if (needsServer(format, known)) {
      try {
        known.server = await cli.client.json<SystemInfo>("GET", "/info");
        known.client = clientOf(cli, cli.client.version, plugins);
      } catch (error) {
        known.failure = describe(error);
      }
    }
    if (format === "") printText(cli, known, plugins);
    else printFormatted(cli, format, known);
    if (known.failure !== undefined) throw new ExitError(1, known.failure);
    return 0;
  },
});

function clientOf(cli: Cli, apiVersion: string, plugins: CliPlugin[]): Record<string, Field> {
  const version = clientFields(cli, apiVersion);
  return {
    Debug: { value: cli.global.debug },
    ...version,
    APIVersion: { ...version["APIVersion"]!, json: null },
    Plugins: { value: plugins.map(pluginFields) },
    Warnings: listField(null),
  };
}

function pluginFields({ name, path, problem, shadowed, ...metadata }: CliPlugin): GoStruct {
  const { SchemaVersion, Vendor, Version, ShortDescription, URL } = metadata;
  const known = { SchemaVersion, Vendor, Version, ShortDescription, URL };
  const optional = ([field, value]: [string, unknown]) => [field, { value: value ?? "", omitEmpty: true }];
  return new GoStruct("manager.Plugin", {
    ...(Object.fromEntries(Object.entries(known).map(optional)) as Record<string, Field>),
    Name: { value: name },
    Path: { value: path },
    Err: { value: problem ?? null, omitEmpty: true },
    ShadowedPaths: { value: shadowed ?? [], omitEmpty: true },
  });
}

const clientPart = ({ client }: Known): Record<string, Field> => ({
  ClientInfo: { value: new GoStruct("*system.clientInfo", client), omitEmpty: true },
  ClientErrors: { value: [], omitEmpty: true },
});

/** Whether a template uses anything that only the engine can tell. */
function needsServer(format: string, known: Known): boolean {
  if (format === "" || !/\.[a-zA-Z]/.test(format)) return true;
  try {
    compileTemplate(format, structField).execute(new GoStruct("system.sparseInfo", clientPart(known)));
    return false;
  } catch {
    return true;
  }
}

function printFormatted(cli: Cli, format: string, known: Known): void {
  const data = new GoStruct("system.dockerInfo", {
    ...serverFields(known.server ?? {}),
    ServerErrors: { value: [], omitEmpty: true },
    UserName: { value: "", json: null },
    ...clientPart(known),
  });
  let template: ReturnType<typeof compileTemplate>;
  try {
    template = compileTemplate(format === "json" ? "{{json .}}" : format, structField);
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE_CODE, `template parsing error: ${messageOf(error)}`);
  }
  printTemplate(cli, template, data, "\n");
}

function printText(cli: Cli, { client, server }: Known, plugins: CliPlugin[]): void {
  cli.out(`Client:\n${[...clientLines(client), ...cliPluginLines(plugins)].join("\n")}\n`);
  for (const { path, problem } of plugins)
    if (problem) cli.err(`WARNING: Plugin ${JSON.stringify(path)} is not valid: ${problem}\n`);
  cli.out("\nServer:\n");
  if (server) {
    cli.out(`${serverLines(server, { debug: cli.global.debug, userName: hubUser(cli) }).join("\n")}\n\n`);
    cli.err((server.Warnings ?? []).map((warning) => `${warning}\n`).join(""));
  }
}

/** Who is logged in to Docker Hub, as config.json has it. */
function hubUser(cli: Cli): string {
  const auth = cli.config.auths?.["https://index.docker.io/v1/"]?.auth ?? "";
  return Buffer.from(auth, "base64").toString().split(":", 1)[0]!;
}
