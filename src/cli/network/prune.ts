import { defineCommand } from "../command.ts";
import { PRUNE_FILTER, PRUNE_FORCE } from "../flags/common.ts";
import { agreed, deletedText, pruneFilters } from "../prune.ts";

interface Pruned {
  NetworksDeleted?: string[] | null;
}

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Remove all unused networks",
  count: { most: 0 },
  flags: { filter: PRUNE_FILTER, force: PRUNE_FORCE },
  async run(cli, { flags }) {
    const warning = "WARNING! This will remove all custom networks not used by at least one container.";
    if (!agreed(cli, { force: flags.force, warning })) return 0;
    const query = { filters: pruneFilters(cli, flags.filter) };
    const { NetworksDeleted } = await cli.client.json<Pruned>("POST", "/networks/prune", { query });
    cli.out(deletedText("Deleted Networks", NetworksDeleted ?? []));
    return 0;
  },
});
