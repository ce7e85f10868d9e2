import type { SystemVersion } from "../../api/schema.ts";
import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { alignTabs } from "../format/table.ts";
import { printTemplate } from "../print-template.ts";
import { compileTemplate, type Template } from "../template/execute.ts";
import { type Field, GoStruct, plainFields, structField } from "../template/struct.ts";
import { ansicTime, clientFields } from "./client-version.ts";

const BAD_TEMPLATE_CODE = 64;
const LAYOUT = { minWidth: 20, padding: 1 };
type Component = NonNullable<SystemVersion["Components"]>[number];

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Show the versions of client and engine",
  count: { most: 0 },
  flags: { format: { kind: "string", short: "f", help: "'json', or a Go template" } },
  async run(cli, { flags }) {
    const template = flags.format ? compileFormat(flags.format) : undefined;
    let server: SystemVersion | undefined;
    let failure: string | undefined;
    try {
      server = withComponents(await cli.client.json<SystemVersion>("GET", "/version"));
    } catch (error) {
      failure = describe(error);
    }
    const client = clientFields(cli, cli.client.version);
    if (template) print(cli, template, client, server);
    else
      cli.out(
        alignTabs(`${[clientText(client), server ? serverText(server) : []].flat().join("\n")}\n`, LAYOUT),
      );
    if (failure !== undefined) throw new ExitError(1, failure);
    return 0;
  },
});

function compileFormat(format: string): Template {
  try {
    return compileTemplate(format === "json" ? "{{json .}}" : format, structField);
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE_CODE, `template parsing error: ${named(error)}`);
  }
}

/** Here templates have a name, which errors show. */
const named = (error: unknown) =>
  messageOf(error)
    .replace("template: :", "template: version:")
    .replace('executing ""', 'executing "version"');

function print(
  cli: Cli,
  template: Template,
  client: Record<string, Field>,
  server: SystemVersion | undefined,
): void {
  const data = new GoStruct("system.versionInfo", {
    Client: { value: new GoStruct("system.clientVersion", client) },
    Server: { value: server ? serverStruct(server) : null },
  });
  try {
    printTemplate(cli, template, data, "\n");
  } catch (error) {
    throw new Error(named(error));
  }
}

function serverStruct(server: SystemVersion): GoStruct {
  const component = (each: Component) =>
    new GoStruct("types.ComponentVersion", {
      Name: { value: each.Name },
      Version: { value: each.Version },
      Details: { value: sorted(each.Details ?? {}), omitEmpty: true },
    });
  return new GoStruct("types.Version", {
    Platform: {
      value: new GoStruct("struct { Name string }", plainFields({ Name: server.Platform?.Name ?? "" })),
    },
    Components: { value: (server.Components ?? []).map(component), omitEmpty: true },
    Version: { value: server.Version ?? "" },
    APIVersion: { value: server.ApiVersion ?? "", json: "ApiVersion" },
    MinAPIVersion: { value: server.MinAPIVersion ?? "", omitEmpty: true },
    GitCommit: { value: server.GitCommit ?? "" },
    GoVersion: { value: server.GoVersion ?? "" },
    Os: { value: server.Os ?? "" },
    Arch: { value: server.Arch ?? "" },
    KernelVersion: { value: server.KernelVersion ?? "", omitEmpty: true },
    Experimental: { value: server.Experimental ?? false, omitEmpty: true },
    BuildTime: { value: server.BuildTime ?? "", omitEmpty: true },
  });
}

const sorted = (details: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Engines before 18.03 tell of themselves at the top only; build times are set as people read them. */
function withComponents(server: SystemVersion): SystemVersion {
  if (server.Components?.length) {
    const components = server.Components.map((each) => {
      const built = each.Name === "Engine" ? each.Details?.["BuildTime"] : undefined;
      return typeof built === "string"
        ? { ...each, Details: { ...each.Details, BuildTime: ansicTime(built) } }
        : each;
    });
    return { ...server, Components: components };
  }
  const details = {
    ApiVersion: server.ApiVersion,
    MinAPIVersion: server.MinAPIVersion,
    GitCommit: server.GitCommit,
    GoVersion: server.GoVersion,
    Os: server.Os,
    Arch: server.Arch,
    BuildTime: ansicTime(server.BuildTime ?? ""),
    Experimental: String(server.Experimental ?? false),
  };
  return { ...server, Components: [{ Name: "Engine", Version: server.Version ?? "", Details: details }] };
}

function clientText(client: Record<string, Field>): string[] {
  const value = (name: string) => String(client[name]!.value);
  const [api, newest] = [value("APIVersion"), value("DefaultAPIVersion")];
  return [
    "Client:",
    ` Version:\t${value("Version")}`,
    ` API version:\t${api}${api === newest ? "" : ` (downgraded from ${newest})`}`,
    ` Go version:\t${value("GoVersion")}`,
    ` Git commit:\t${value("GitCommit")}`,
    ` Built:\t${value("BuildTime")}`,
    ` OS/Arch:\t${value("Os")}/${value("Arch")}`,
    ` Context:\t${value("Context")}`,
  ];
}

function serverText(server: SystemVersion): string[] {
  const platform = server.Platform?.Name ? ` ${server.Platform.Name}` : "";
  return ["", `Server:${platform}`, ...(server.Components ?? []).flatMap(componentText)];
}

function componentText({ Name, Version, Details }: Component): string[] {
  const of = (key: string) => String(Details?.[key] ?? "");
  if (Name !== "Engine") {
    const keys = Object.keys(Details ?? {}).sort();
    return [` ${Name}:`, `  Version:\t${Version}`, ...keys.map((key) => `  ${key}:\t${of(key)}`)];
  }
  return [
    ` ${Name}:`,
    `  Version:\t${Version}`,
    `  API version:\t${of("ApiVersion")} (minimum version ${of("MinAPIVersion")})`,
    `  Go version:\t${of("GoVersion")}`,
    `  Git commit:\t${of("GitCommit")}`,
    `  Built:\t${of("BuildTime")}`,
    `  OS/Arch:\t${of("Os")}/${of("Arch")}`,
    `  Experimental:\t${of("Experimental")}`,
  ];
}
