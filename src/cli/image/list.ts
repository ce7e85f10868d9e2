import type { ImageSummary } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { formatList } from "../format/list.ts";
import { HEADERS, ROW_TYPE, rowsOf } from "./columns.ts";

const CREATED = "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}";

export default defineCommand({
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  summary: "List images",
  aliases: ["docker image ls", "docker image list", "docker images"],
  count: { most: 1 },
  flags: {
    all: { kind: "bool", short: "a", help: "Show all images, also intermediate ones" },
    digests: { kind: "bool", help: "Show digests" },
    filter: LIST_FILTER,
    format: LIST_FORMAT,
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
    quiet: { kind: "bool", short: "q", help: "Show ids only" },
    tree: { kind: "bool", help: "Show the platforms of each image as a tree" },
  },
  async run(cli, { args, flags }) {
    if (flags.tree) throw new Error("--tree is not implemented: use --format json, or docker image inspect");
    const reference = args[0] === undefined ? [] : [`reference=${args[0]}`];
    const query = { all: flags.all, filters: filtersOf([...flags.filter, ...reference]) };
    const images = await cli.client.json<ImageSummary[]>("GET", "/images/json", { query });
    const configured = flags.quiet ? "" : (cli.config.imagesFormat ?? "");
    const format = formatOf(flags.format || configured || "table", flags.quiet, flags.digests);
    const options = {
      short: !flags["no-trunc"],
      digests: flags.digests,
      digestUsed: format.includes("{{.Digest}}"),
    };
    const rows = images.flatMap((image) => rowsOf(image, options));
    cli.out(formatList({ format, headers: HEADERS, rows, type: ROW_TYPE }));
    return 0;
  },
});

function formatOf(chosen: string, quiet: boolean, digests: boolean): string {
  if (chosen === "table") {
    if (quiet) return "{{.ID}}";
    const digest = digests ? "{{.Digest}}\t" : "";
    return `table {{.Repository}}\t{{.Tag}}\t${digest}{{.ID}}\t${CREATED}\t{{.Size}}`;
  }
  if (chosen === "raw") {
    if (quiet) return "image_id: {{.ID}}";
    const digest = digests ? "digest: {{.Digest}}\n" : "";
    return `repository: {{ .Repository }}\ntag: {{.Tag}}\n${digest}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`;
  }
  const extra = chosen.startsWith("table") && digests && !chosen.includes("{{.Digest}}");
  return extra ? `${chosen}\t{{.Digest}}` : chosen;
}
