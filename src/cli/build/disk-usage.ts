import type { BuildCache } from "../../api/schema.ts";
import { defineCommand } from "../command.ts";
import { humanSize } from "../format/size.ts";

export default defineCommand({
  usage: "",
  summary: "Show what the build cache takes of the disk",
  count: { most: 0 },
  flags: { verbose: { kind: "bool", help: "Show all that is known of each entry" } },
  async run(cli, { flags }) {
    const { BuildCache: records } = await cli.client.json<{ BuildCache?: BuildCache[] | null }>(
      "GET",
      "/system/df",
      {
        query: { type: ["build-cache"] },
      },
    );
    const all = (records ?? []).toSorted((a, b) => (b.Size ?? 0) - (a.Size ?? 0));
    cli.out(flags.verbose ? all.map(described).join("\n") : table(all));
    const bytes = (list: BuildCache[]) => humanSize(list.reduce((sum, { Size = 0 }) => sum + Size, 0));
    cli.out(`Reclaimable:\t${bytes(all.filter(({ InUse }) => !InUse))}\nTotal:\t\t${bytes(all)}\n`);
    return 0;
  },
});

function table(records: BuildCache[]): string {
  const rows = [
    ["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"],
    ...records.map(({ ID = "", InUse, Size = 0, LastUsedAt }) => [
      ID,
      String(!InUse),
      humanSize(Size),
      LastUsedAt ?? "",
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function described({
  ID,
  CreatedAt,
  InUse,
  Size = 0,
  Description,
  UsageCount,
  LastUsedAt,
  Type,
}: BuildCache): string {
  const facts = [
    ["ID", ID],
    ["Created at", CreatedAt],
    ["Reclaimable", String(!InUse)],
    ["Size", humanSize(Size)],
    ["Description", Description],
    ["Usage count", UsageCount],
    ["Last used", LastUsedAt],
    ["Type", Type],
  ];
  return facts.map(([name, value]) => `${`${name}:`.padEnd(14)}${value ?? ""}\n`).join("");
}
