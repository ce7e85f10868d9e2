import type { ContainerSummary } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { formatList, probeTemplate } from "../format/list.ts";
import { columnsOf, HEADERS, ROW_TYPE } from "./columns.ts";

const TABLE = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
const RAW =
  "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\nnames: {{.Names}}\nlabels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "List containers",
  aliases: ["docker container ls", "docker container list", "docker container ps", "docker ps"],
  count: { most: 0 },
  flags: {
    all: { kind: "bool", short: "a", help: "Show all containers, not only running ones" },
    filter: LIST_FILTER,
    format: LIST_FORMAT,
    last: { kind: "int", short: "n", help: "Show the containers created last, this many", shown: "-1" },
    latest: { kind: "bool", short: "l", help: "Show the container created last" },
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
    quiet: { kind: "bool", short: "q", help: "Show ids only" },
    size: { kind: "bool", short: "s", help: "Show the size of the files" },
  },
  async run(cli, { flags, given }) {
    const { quiet, format = "" } = flags;
    if (quiet && format !== "")
      cli.err("WARNING: Ignoring custom format, because both --format and --quiet are set.\n");
    const chosen = format || cli.config.psFormat || "";
    const sizeUsed = chosen !== "" && templateUsesSize(chosen);
    const size = flags.size || (sizeUsed && !quiet && !given.has("size"));
    const limit = flags.latest && (flags.last ?? -1) === -1 ? 1 : (flags.last ?? -1);
    const containers = await listContainers(cli, { all: flags.all, limit, size, filters: flags.filter });
    const rows = containers.map((container) => columnsOf(container, !flags["no-trunc"]));
    cli.out(formatList({ format: formatOf(chosen, quiet, size), headers: HEADERS, rows, type: ROW_TYPE }));
    return 0;
  },
});

interface Wanted {
  all: boolean;
  /** Below 1: no limit. */
  limit: number;
  size: boolean;
  filters: string[];
}

function listContainers(cli: Cli, { all, limit, size, filters }: Wanted): Promise<ContainerSummary[]> {
  const query = { all, limit: limit > 0 ? limit : undefined, size, filters: filtersOf(filters) };
  return cli.client.json("GET", "/containers/json", { query });
}

/** Sizes cost the engine much, so they are asked for only when the template shows them. */
function templateUsesSize(format: string): boolean {
  let used = false;
  const columns = columnsOf({}, false);
  probeTemplate(
    format,
    {
      ...columns,
      Size: () => {
        used = true;
        return "";
      },
    },
    ROW_TYPE,
  );
  return used;
}

function formatOf(chosen: string, quiet: boolean, size: boolean): string {
  if (chosen === "raw") return quiet ? "container_id: {{.ID}}" : RAW + (size ? "size: {{.Size}}\n" : "");
  if (quiet) return "{{.ID}}";
  if (chosen === "" || chosen === "table") return TABLE + (size ? "\t{{.Size}}" : "");
  return chosen;
}
