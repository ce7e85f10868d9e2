import { defineCommand } from "../command.ts";
import { PRUNE_FILTER, PRUNE_FORCE } from "../flags/common.ts";
import { humanSize } from "../format/size.ts";
import { agreed, deletedText, pruneFilters } from "../prune.ts";

export interface PrunedVolumes {
  VolumesDeleted?: string[] | null;
  SpaceReclaimed?: number;
}

const UNUSED_ALL = "WARNING! This will remove all local volumes not used by at least one container.";
const UNUSED_ANONYMOUS =
  "WARNING! This will remove anonymous local volumes not used by at least one container.";

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Remove unused volumes of this machine",
  count: { most: 0 },
  flags: {
    all: { kind: "bool", short: "a", since: "1.42", help: "Remove also those with a name" },
    filter: PRUNE_FILTER,
    force: PRUNE_FORCE,
  },
  async run(cli, { flags }) {
    // Engines before 1.42 do not tell volumes with a name from others.
    const anonymousOnly = !flags.all && (await cli.client.supports("1.42"));
    if (flags.all && flags.filter.some((text) => /^all=/i.test(text.trim())))
      throw new Error("conflicting options: cannot specify both --all and --filter all=1");
    const warning = anonymousOnly ? UNUSED_ANONYMOUS : UNUSED_ALL;
    if (!agreed(cli, { force: flags.force, warning })) return 0;
    const filters = pruneFilters(cli, flags.filter, flags.all ? { all: ["true"] } : {});
    const pruned = await cli.client.json<PrunedVolumes>("POST", "/volumes/prune", { query: { filters } });
    cli.out(deletedText("Deleted Volumes", pruned.VolumesDeleted ?? []));
    cli.out(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
    return 0;
  },
});
