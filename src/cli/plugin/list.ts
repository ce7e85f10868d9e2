import type { Plugin } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { type Columns, formatList, layoutOf } from "../format/list.ts";
import { naturalCompare } from "../format/natural.ts";
import { ellipsis, shortId } from "../format/text.ts";

const LAYOUTS = {
  table: "table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}",
  raw: "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n",
};
const HEADERS: Record<string, string> = {
  ID: "ID",
  Name: "NAME",
  Description: "DESCRIPTION",
  Enabled: "ENABLED",
  PluginReference: "PLUGIN REFERENCE",
};
const DESCRIPTION_WIDTH = 45;

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "List plugins",
  aliases: ["docker plugin ls", "docker plugin list"],
  count: { most: 0 },
  flags: {
    filter: LIST_FILTER,
    format: LIST_FORMAT,
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
    quiet: { kind: "bool", short: "q", help: "Show ids only" },
  },
  async run(cli, { flags }) {
    const query = { filters: filtersOf(flags.filter) };
    const plugins = await cli.client.json<Plugin[]>("GET", "/plugins", { query });
    plugins.sort((a, b) => naturalCompare(a.Name, b.Name));
    const rows = plugins.map((plugin) => columnsOf(plugin, !flags["no-trunc"]));
    const format = layoutOf(flags.format || "table", flags.quiet, LAYOUTS);
    cli.out(formatList({ format, headers: HEADERS, rows, type: "*plugin.pluginContext" }));
    return 0;
  },
});

function columnsOf(plugin: Plugin, short: boolean): Columns {
  const description = (plugin.Config.Description ?? "").replaceAll("\n", " ").replaceAll("\r", "");
  return {
    ID: () => (short ? shortId(plugin.Id ?? "") : (plugin.Id ?? "")),
    Name: () => plugin.Name,
    Description: () => (short ? ellipsis(description, DESCRIPTION_WIDTH) : description),
    Enabled: () => plugin.Enabled,
    PluginReference: () => plugin.PluginReference ?? "",
  };
}
