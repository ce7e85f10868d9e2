import type { Network } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { LIST_FILTER, LIST_FORMAT } from "../flags/common.ts";
import { filtersOf } from "../flags/filter.ts";
import { goTimeOf } from "../format/go-time.ts";
import { type Columns, formatList, layoutOf } from "../format/list.ts";
import { naturalCompare } from "../format/natural.ts";
import { shortId } from "../format/text.ts";
import { labelsColumn } from "../labels.ts";

const LAYOUTS = {
  table: "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
  raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
};

const HEADERS: Record<string, string> = {
  ID: "NETWORK ID",
  Name: "NAME",
  Driver: "DRIVER",
  Scope: "SCOPE",
  IPv4: "IPV4",
  IPv6: "IPV6",
  Internal: "INTERNAL",
  Labels: "LABELS",
  CreatedAt: "CREATED AT",
};

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "List networks",
  aliases: ["docker network ls", "docker network list"],
  count: { most: 0 },
  flags: {
    filter: LIST_FILTER,
    format: LIST_FORMAT,
    "no-trunc": { kind: "bool", help: "Do not cut the output" },
    quiet: { kind: "bool", short: "q", help: "Show ids only" },
  },
  async run(cli, { flags }) {
    const networks = await cli.client.json<Network[]>("GET", "/networks", {
      query: { filters: filtersOf(flags.filter) },
    });
    networks.sort((a, b) => naturalCompare(a.Name ?? "", b.Name ?? ""));
    const configured = flags.quiet ? "" : (cli.config.networksFormat ?? "");
    const rows = networks.map((network) => columnsOf(network, !flags["no-trunc"]));
    const format = layoutOf(flags.format || configured || "table", flags.quiet, LAYOUTS);
    cli.out(formatList({ format, headers: HEADERS, rows, type: "*network.networkContext" }));
    return 0;
  },
});

function columnsOf(network: Network, short: boolean): Columns {
  const { Id = "", Labels: labels } = network;
  return {
    ID: () => (short ? shortId(Id) : Id),
    Name: () => network.Name ?? "",
    Driver: () => network.Driver ?? "",
    Scope: () => network.Scope ?? "",
    // Engines before version 28 do not say, and always have it.
    IPv4: () => String(network.EnableIPv4 ?? false),
    IPv6: () => String(network.EnableIPv6 ?? false),
    Internal: () => String(network.Internal ?? false),
    Labels: () => labelsColumn(labels),
    Label: (name: string) => labels?.[name] ?? "",
    CreatedAt: () => goTimeOf(network.Created ?? ""),
  };
}
