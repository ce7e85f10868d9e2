import { defineCommand } from "../command.ts";
import { PRUNE_FILTER, PRUNE_FORCE } from "../flags/common.ts";
import { humanSize } from "../format/size.ts";
import { agreed, pruneFilters } from "../prune.ts";

interface PrunedBuilds {
  CachesDeleted?: string[] | null;
  SpaceReclaimed?: number;
}

export default defineCommand({
  usage: "",
  summary: "Remove build cache",
  count: { most: 0 },
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused build cache, not just dangling ones" },
    filter: PRUNE_FILTER,
    force: PRUNE_FORCE,
    "keep-storage": { kind: "bytes", help: "Amount of disk space to keep for cache" },
  },
  async run(cli, { flags }) {
    const which = flags.all ? "all" : "all dangling";
    const warning = `WARNING! This will remove ${which} build cache.`;
    if (!agreed(cli, { force: flags.force, warning })) return 0;
    const pruned = await cli.client.json<PrunedBuilds>("POST", "/build/prune", {
      query: {
        all: flags.all,
        filters: pruneFilters(cli, flags.filter),
        "keep-storage": flags["keep-storage"],
      },
    });
    const caches = pruned.CachesDeleted ?? [];
    if (caches.length > 0)
      cli.out(`Deleted build cache objects:\n${caches.map((id) => `${id}\n`).join("")}\n`);
    cli.out(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
    return 0;
  },
});
