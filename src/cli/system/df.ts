import { defineCommand } from "../command.ts";
import { LIST_FORMAT } from "../flags/common.ts";
import { formatList } from "../format/list.ts";
import { type DiskUsage, totalsOf } from "./usage.ts";
import { TOTAL_HEADERS, totalColumns } from "./usage-columns.ts";

const TABLE = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
const RAW =
  "type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Show how much storage is used, and for what",
  count: { most: 0 },
  flags: {
    format: LIST_FORMAT,
    verbose: { kind: "bool", short: "v", help: "Show each object" },
  },
  async run(cli, { flags }) {
    const usage = await cli.client.json<DiskUsage>("GET", "/system/df");
    const chosen = flags.format || "table";
    if (flags.verbose) {
      const { printVerboseUsage } = await import("./df-verbose.ts");
      printVerboseUsage(cli, usage, chosen);
      return 0;
    }
    const format = chosen === "table" ? TABLE : chosen === "raw" ? RAW : chosen;
    const rows = totalsOf(usage).map(totalColumns);
    cli.out(formatList({ format, headers: TOTAL_HEADERS, rows, type: "*formatter.diskUsageImagesContext" }));
    return 0;
  },
});
