import { defineCommand } from "../command.ts";
import { checkFilter } from "../flags/filter.ts";
import { humanSize } from "../format/size.ts";
import { agreed, deletedText, pruneFilters } from "../prune.ts";

const WARNING = "WARNING! This will remove all stopped containers.";

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
    const filters = pruneFilters(cli, flags.filter);
    if (!agreed(cli, { force: flags.force, warning: WARNING })) return 0;
    const pruned = await cli.client.json<Pruned>("POST", "/containers/prune", { query: { filters } });
    cli.out(deletedText("Deleted Containers", pruned.ContainersDeleted ?? []));
    cli.out(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
    return 0;
  },
});
