import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { contextName } from "../connection.ts";
import { LIST_FORMAT } from "../flags/common.ts";
import { type Columns, formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural.ts";
import { ellipsis } from "../format/text.ts";
import { contextOf, storeOf, warnOfHost } from "./current.ts";
import { DEFAULT_CONTEXT } from "./store.ts";

const TABLE = "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}";
const HEADERS: Record<string, string> = {
  Name: "NAME",
  Description: "DESCRIPTION",
  DockerEndpoint: "DOCKER ENDPOINT",
  Error: "ERROR",
};
const DESCRIPTION_WIDTH = 60;
const ERROR_WIDTH = 45;
export const DEFAULT_DESCRIPTION = "Current DOCKER_HOST based configuration";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "List contexts",
  aliases: ["docker context ls", "docker context list"],
  count: { most: 0 },
  flags: {
    format: LIST_FORMAT,
    quiet: { kind: "bool", short: "q", help: "Show names only" },
  },
  async run(cli, { flags }) {
    const chosen = flags.format || "table";
    const format = chosen === "table" ? (flags.quiet ? "{{.Name}}" : TABLE) : chosen;
    const rows = rowsOf(cli).map(columnsOf);
    cli.out(formatList({ format, headers: HEADERS, rows, type: "*formatter.clientContextContext" }));
    warnOfHost(cli, "a context");
    return 0;
  },
});

interface Row {
  name: string;
  current: boolean;
  description: string;
  host: string;
  error: string;
}

/** All contexts in natural order; also the current one that does not exist. */
function rowsOf(cli: Cli): Row[] {
  const current = contextName(cli.global, cli.config);
  const known = [contextOf(cli, DEFAULT_CONTEXT), ...storeOf(cli).list()];
  const rows = known.map(({ Name, Metadata, Endpoints }) => ({
    name: Name,
    current: Name === current,
    description: Name === DEFAULT_CONTEXT ? DEFAULT_DESCRIPTION : (Metadata.Description ?? ""),
    host: Endpoints.docker?.Host ?? "",
    error: "",
  }));
  if (!rows.some((row) => row.current))
    rows.push({ name: current, current: true, description: "", host: "", error: errorOf(cli, current) });
  return rows.sort((a, b) => naturalCompare(a.name, b.name));
}

function errorOf(cli: Cli, name: string): string {
  try {
    contextOf(cli, name);
    return "";
  } catch (error) {
    return messageOf(error);
  }
}

const columnsOf = (row: Row): Columns => ({
  Name: () => row.name,
  Current: () => row.current,
  Description: () => ellipsis(row.description, DESCRIPTION_WIDTH),
  DockerEndpoint: () => row.host,
  Error: () => ellipsis(row.error, ERROR_WIDTH),
});
