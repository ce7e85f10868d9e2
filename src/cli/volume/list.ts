import type { Volume } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { formatList, layoutOf } from "../format/list.ts";
import { naturalCompare } from "../format/natural.ts";
import { columnsOf, HEADERS, ROW_TYPE } from "./columns.ts";

interface Volumes {
  Volumes?: Volume[] | null;
}

const LAYOUTS = { table: "table {{.Driver}}\t{{.Name}}", raw: "name: {{.Name}}\ndriver: {{.Driver}}\n" };

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "List volumes",
  aliases: ["docker volume ls", "docker volume list"],
  count: { most: 0 },
  flags: {
    filter: LIST_FILTER,
    format: LIST_FORMAT,
    quiet: { kind: "bool", short: "q", help: "Show names only" },
  },
  async run(cli, { flags }) {
    const query = { filters: filtersOf(flags.filter) };
    const { Volumes } = await cli.client.json<Volumes>("GET", "/volumes", { query });
    const volumes = (Volumes ?? []).sort((a, b) => naturalCompare(a.Name, b.Name));
    const configured = flags.quiet ? "" : (cli.config.volumesFormat ?? "");
    const format = layoutOf(flags.format || configured || "table", flags.quiet, LAYOUTS);
    cli.out(formatList({ format, headers: HEADERS, rows: volumes.map(columnsOf), type: ROW_TYPE }));
    return 0;
  },
});
