import { parseReference } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { LIST_FILTER } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { type Columns, formatList } from "../format/list.ts";
import { ellipsis } from "../format/text.ts";

interface SearchResult {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
}

const TABLE = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
const HEADERS: Record<string, string> = {
  Name: "NAME",
  Description: "DESCRIPTION",
  StarCount: "STARS",
  IsOfficial: "OFFICIAL",
};
const DESCRIPTION_WIDTH = 45;

export default defineCommand({
  usage: "[OPTIONS] TERM",
  summary: "Search Docker Hub, or another registry that can be searched, for images",
  count: { least: 1, most: 1 },
  flags: {
    filter: LIST_FILTER,
    format: { kind: "string", help: "'json', or a Go template for each line" },
    limit: { kind: "int", help: "At most this many" },
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
  },
  async run(cli, { args, flags }) {
    const term = args[0]!;
    const limit = flags.limit ?? 0;
    const query = { term, limit: limit > 0 ? limit : undefined, filters: filtersOf(flags.filter) };
    const headers = { "X-Registry-Auth": await registryAuth(cli, domainOf(term)) };
    const results = await cli.client.json<SearchResult[]>("GET", "/images/search", { query, headers });
    const format = !flags.format || flags.format === "table" ? TABLE : flags.format;
    // In JSON a yes is "true", in tables a mark.
    const marks = format !== "json" && !/\{\{-?\s*json\s+\.\s*-?\}\}/.test(format);
    const rows = results.map((result) => columnsOf(result, !flags["no-trunc"], marks));
    cli.out(formatList({ format, headers: HEADERS, rows, type: "*registry.searchContext" }));
    return 0;
  },
});

/** The registry that a term names; Docker Hub for what is no name of an image. */
function domainOf(term: string): string {
  try {
    return parseReference(term).domain;
  } catch {
    return "docker.io";
  }
}

function columnsOf(result: SearchResult, short: boolean, marks: boolean): Columns {
  const description = result.description.replaceAll("\n", " ").replaceAll("\r", " ");
  return {
    Name: () => result.name,
    Description: () => (short ? ellipsis(description, DESCRIPTION_WIDTH) : description),
    StarCount: () => String(result.star_count),
    IsOfficial: () => (marks ? (result.is_official ? "[OK]" : "") : String(result.is_official)),
  };
}
