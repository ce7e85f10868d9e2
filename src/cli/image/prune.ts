import { defineCommand } from "../command.ts";
import { PRUNE_FILTER, PRUNE_FORCE } from "../flags/common.ts";
import { humanSize } from "../format/size.ts";
import { agreed, pruneFilters } from "../prune.ts";
import { type Removed, removedLine } from "./remove.ts";

export interface PrunedImages {
  ImagesDeleted?: Removed[] | null;
  SpaceReclaimed?: number;
}

/** "Deleted Images:" and what happened to each; nothing when there were none. */
export function deletedImages(removed: readonly Removed[]): string {
  if (removed.length === 0) return "";
  const line = (each: Removed) => removedLine(each).replace(/^./, (letter) => letter.toLowerCase());
  return `Deleted Images:\n${removed.map((each) => `${line(each)}\n`).join("")}\n`;
}

export default defineCommand({
  usage: "[OPTIONS]",
  summary: "Remove unused images",
  count: { most: 0 },
  flags: {
    all: {
      kind: "bool",
      short: "a",
      help: "Remove all that no container uses, not only those without a name",
    },
    filter: PRUNE_FILTER,
    force: PRUNE_FORCE,
  },
  async run(cli, { flags }) {
    const warning = flags.all
      ? "WARNING! This will remove all images without at least one container associated to them."
      : "WARNING! This will remove all dangling images.";
    if (!agreed(cli, { force: flags.force, warning })) return 0;
    const filters = pruneFilters(cli, flags.filter, { dangling: [String(!flags.all)] });
    const pruned = await cli.client.json<PrunedImages>("POST", "/images/prune", { query: { filters } });
    cli.out(deletedImages(pruned.ImagesDeleted ?? []));
    cli.out(`Total reclaimed space: ${humanSize(pruned.SpaceReclaimed ?? 0)}\n`);
    return 0;
  },
});
