import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { checkFilter, filtersOf } from "../flags/filter.ts";
import { humanSize } from "../format/size.ts";

const WARNING = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?";

interface Pruned {
  ContainersDeleted?: string[] | null;
  SpaceReclaimed?: number;
}

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Remove all stopped containers",
  count: { most: 0 },
  flags: {
    filter: { kind: "list", type: "filter", help: 'Which of them ("until=TIMESTAMP")', check: checkFilter },
    force: { kind: "bool", short: "f", help: "Do not ask for confirmation" },
  },
  async run(cli, { flags }) {
    const configured = cli.config["pruneFilters"];
    const filters = filtersOf([
      ...(Array.isArray(configured) ? configured.map(String) : []),
      ...flags.filter,
    ]);
    if (!flags.force && !confirm(cli, WARNING)) return 0;
    const pruned = await cli.client.json<Pruned>("POST", "/containers/prune", { query: { filters } });
    const deleted = pruned.ContainersDeleted ?? [];
    if (deleted.length > 0) cli.out(`Deleted Containers:\n${deleted.map((id) => `${id}\n`).join("")}\n`);
    cli.out(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
    return 0;
  },
});
